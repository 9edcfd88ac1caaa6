"""What is the head of a request, and what is none; the parsers behind are asked, too."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import httptools
import pytest
from gunicorn.config import Config
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader
from hypothesis import given
from hypothesis import strategies as st

from twinserve.service.http.head import HUGE, METHODS, Head, read_head
from twinserve.service.http.problem import Problem

LINE = "POST /predict HTTP/1.1"
HOST = "Host: h"


def head(*lines: str) -> bytes:
    """The bytes of a head."""
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1")


def read(data: bytes) -> Head:
    """What is read of it, to its last byte."""
    found = read_head(data)
    assert found is not None
    assert found[1] == len(data)
    return found[0]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), (0, False, False)),
        (("Content-Length: 12",), (12, False, False)),
        (("content-LENGTH:\t0012 ",), (12, False, False)),
        (("Content-Length: 0",), (0, False, False)),
        ((f"Content-Length: {'9' * 5000}",), (HUGE, False, False)),
        (("Transfer-Encoding: Chunked",), (0, True, False)),
        (("Expect: 100-Continue", "Content-Length: 2"), (2, False, True)),
        (("Upgrade: h2c", "Upgrade: websocket", "Content-Length: 2"), (2, False, False)),
    ],
)
def test_of_a_head_the_framing_is_read(lines: tuple[str, ...], expected: tuple[int, bool, bool]) -> None:
    """The length of its body, whether that is chunked, and whether the client waits."""
    found = read(head(LINE, HOST, *lines))
    assert (found.length, found.is_chunked, found.awaits) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("GET /a?b=c HTTP/1.1", "GET /a?b=c HTTP/1.1"),
        ("GET http://h:1/a?b HTTP/1.0", "GET /a?b HTTP/1.0"),
        ("GET HTTPS://[::1] HTTP/1.1", "GET / HTTP/1.1"),
        ("GET http://h?b HTTP/1.1", "GET /?b HTTP/1.1"),
        ("OPTIONS * HTTP/1.1", "OPTIONS / HTTP/1.1"),
        ("FOO-BAR /a HTTP/1.1", "FOO-BAR /a HTTP/1.1"),
    ],
)
def test_every_target_becomes_a_path(line: str, expected: str) -> None:
    """The parsers behind read the other forms each in its own way."""
    assert read(head(line, HOST)).content == head(expected, HOST)


def test_what_is_answered_or_ignored_before_is_taken_out() -> None:
    """Else the parsers behind would answer it again, or believe in it."""
    found = read(head(LINE, "Expect: 100-continue", HOST, "Upgrade: h2c", "X: y"))
    assert found.content == head(LINE, HOST, "X: y")


def test_an_older_client_expects_nothing() -> None:
    """HTTP/1.0 has neither expectations nor a need for Host (RFC 9110 section 10.1.1)."""
    found = read(head("POST / HTTP/1.0", "Expect: 100-continue"))
    assert not found.awaits


@pytest.mark.parametrize("data", [b"", b"GET", head(LINE, HOST)[:-1], head(LINE)[:-2]])
def test_a_head_without_an_end_is_none_yet(data: bytes) -> None:
    """Not refused either."""
    assert read_head(data) is None


BAD = {
    "a small method": ("get / HTTP/1.1", HOST),
    "a short method": ("GO / HTTP/1.1", HOST),
    "a tunnel": ("CONNECT h:443 HTTP/1.1", HOST),
    "a coding": (LINE, HOST, "Transfer-Encoding: gzip, chunked"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_http_and_not_ours_is_501(name: str) -> None:
    """A method that no path could take, or a transfer coding."""
    with pytest.raises(Problem) as refused:
        read_head(head(*BAD[name]))
    assert (refused.value.kind, refused.value.status) == ("not-implemented", 501)


FIELD_NAMES = [
    "Host",
    "X",
    "Content-Length",
    "Transfer-Encoding",
    "Expect",
    "Content-Type",
    "Upgrade",
    "Connection",
    "X_Y",
]
VALUES = [
    "h",
    "",
    "2",
    "02",
    "+2",
    "chunked",
    "CHUNKED",
    "gzip, chunked",
    "100-continue",
    "a b",
    "\xe9",
    "close",
    "h2c",
    "9" * 20,
]


@given(
    method=st.sampled_from(["GET", "POST", "FOO", "get", "M-SEARCH", "CONNECT", "G(T", "A#B", "QUERY", "$ABC"]),
    target=st.one_of(
        st.sampled_from(
            ["/", "*", "http://h", "http://h:99999/x", "https://[::1]?a", "//x", "/%", "/a;b", "http://", "x:y"]
        ),
        st.text(st.characters(max_codepoint=255), max_size=6).map(lambda text: "/" + text),
    ),
    version=st.sampled_from(["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2"]),
    fields=st.lists(st.tuples(st.sampled_from(FIELD_NAMES), st.sampled_from(VALUES)), max_size=5),
)
def test_what_passes_here_passes_the_parsers_behind(
    method: str, target: str, version: str, fields: list[tuple[str, str]]
) -> None:
    """So that nothing is refused in their words."""
    lines = [f"{name}: {value}" for name, value in [("Host", "h"), *fields]]
    with suppress(Problem):
        found = read_head(head(f"{method} {target} {version}", *lines))
        if found is not None:
            Request(Config(), IterUnreader((found[0].content,)), ("127.0.0.1", 1))
            assert url_of(found[0]).startswith(b"/")


def url_of(found: Head) -> bytes:
    """The target as the other parser has it."""
    seen: Any = type("Seen", (), {"url": b"", "on_url": lambda self, url: setattr(self, "url", self.url + url)})()
    content = found.content if found.method in METHODS else b"POST" + found.content[found.content.index(b" ") :]
    httptools.HttpRequestParser(seen).feed_data(content)
    path: bytes = httptools.parse_url(seen.url).path
    return path


@pytest.mark.parametrize(
    "lines", ["keep-alive, close", "close, foo", "foo,\tClose", "foo\r\nConnection: close", "close\r\nConnection: foo"]
)
def test_close_among_other_options_is_close(lines: str) -> None:
    """In a list or in a second line: the parsers behind see it plainly."""
    found = read_head(f"GET / HTTP/1.1\r\nHost: h\r\nConnection: {lines}\r\nA: b\r\n\r\n".encode())
    assert found is not None
    assert found[0].content == b"GET / HTTP/1.1\r\nConnection: close\r\nHost: h\r\nA: b\r\n\r\n"


@pytest.mark.parametrize("options", ["close", "keep-alive", "closed, foo"])
def test_other_options_stay_as_they_are(options: str) -> None:
    head = f"GET / HTTP/1.1\r\nHost: h\r\nConnection: {options}\r\n\r\n".encode()
    found = read_head(head)
    assert found is not None
    assert found[0].content == head
