"""Fetching from an issuer: over safe addresses only, within limits, without redirects."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from harness.fake_issuer import FakeIssuer, issuing
from twinserve.service.addresses import is_safe
from twinserve.service.auth import fetch
from twinserve.service.auth.fetch import MOST_BYTES, NotFetched, get_json


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    """A fake issuer."""
    with issuing() as issuer:
        yield issuer


@pytest.mark.parametrize(
    "url",
    [
        "https://id.example",
        "https://id.example:8443/realms/a",
        "http://127.0.0.1:80/x",
        "http://localhost",
        "http://[::1]:5/",
        "https://id.example/keys?p=1&q=2",
    ],
)
def test_tls_and_loopback_are_safe(url: str) -> None:
    """https, and http on loopback, are allowed."""
    assert is_safe(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "id.example",
        "//id.example",
        "http://id.example",
        "http://10.0.0.1",
        "http://169.254.169.254/latest",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example/",
        "https://user:word@id.example",
        "https://id.example/keys?user@x#y",
        "https://id.example/#x",
        "https://",
        "https://id.example:99999",
        "file:///etc/passwd",
        "ftp://id.example",
        "data:application/json,{}",
        "gopher://127.0.0.1",
        "None",
    ],
)
def test_nothing_else_is_safe(url: str) -> None:
    """Other addresses are refused without a request."""
    assert not is_safe(url)
    with pytest.raises(NotFetched):
        get_json(url)


def test_an_object_is_fetched(issuer: FakeIssuer) -> None:
    """A JSON object is returned."""
    issuer.say("/a", {"x": 1})
    assert get_json(f"{issuer.url}/a") == {"x": 1}


@pytest.mark.parametrize("status", [201, 204, 301, 302, 304, 307, 308, 401, 404, 500, 503])
def test_only_200_counts_and_nothing_is_followed(issuer: FakeIssuer, status: int) -> None:
    """Any status but 200 is an error; redirects are not followed."""
    issuer.say("/b", {"x": 1})
    issuer.say("/a", {"x": 1} if status not in (204, 304) else b"", status, Location=f"{issuer.url}/b")
    with pytest.raises(NotFetched):
        get_json(f"{issuer.url}/a")
    assert issuer.asked == ["/a"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b"null", b"\xff", b"[" * 100_000, b'{"a":' * 20_000])
def test_what_is_no_object_is_refused(issuer: FakeIssuer, body: bytes) -> None:
    """An answer that is no JSON object is an error."""
    issuer.say("/a", body)
    with pytest.raises(NotFetched):
        get_json(f"{issuer.url}/a")


def test_a_huge_answer_is_refused(issuer: FakeIssuer) -> None:
    """An answer is read up to the limit and no further."""
    issuer.say("/a", b'{"x":"' + b"x" * (MOST_BYTES * 20) + b'"}')
    with pytest.raises(NotFetched, match="too long"):
        get_json(f"{issuer.url}/a")


@pytest.mark.parametrize("trickles", [False, True])
def test_a_slow_answer_is_given_up(issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch, trickles: bool) -> None:
    """A slow answer times out, also one that sends a byte now and then."""
    monkeypatch.setattr(fetch, "SECONDS", 0.3)
    issuer.say("/a", {})
    issuer.trickles = trickles
    if not trickles:
        issuer.may_answer.clear()
    begun = time.monotonic()
    with pytest.raises(NotFetched):
        get_json(f"{issuer.url}/a")
    assert time.monotonic() - begun < 3


def test_nobody_there_is_an_ordinary_failure() -> None:
    """A closed port is an error of the same type."""
    with pytest.raises(NotFetched, match="ConnectionRefusedError"):
        get_json("http://127.0.0.1:1/a")
