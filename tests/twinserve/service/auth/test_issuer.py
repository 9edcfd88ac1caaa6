"""The keys of an external issuer: fetched, renewed, kept while the issuer fails, and fetched at a limited rate."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from structlog.testing import capture_logs

from harness.fake_issuer import DISCOVERY, FakeIssuer, issuing, public_jwk, until
from tests.threads import no_room_for_threads
from twinserve.service.auth import issuer as module
from twinserve.service.auth.client import Client
from twinserve.service.auth.issuer import PAUSE, RENEW, STALE, Issuer, KeyRing
from twinserve.service.auth.jwt import Wrong
from twinserve.service.http.problem import Problem
from twinserve.testing.fakes import settings_of

RSA_ONLY = frozenset({"RS256"})


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    """A fake issuer with the key `a`."""
    with issuing() as issuer:
        issuer.publish("a")
        yield issuer


class Clock:
    """A clock that is set by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Ring:
    """A key ring with a test clock and counted fetches."""

    def __init__(self, issuer: FakeIssuer) -> None:
        self.issuer, self.clock = issuer, Clock()
        self.ring = KeyRing(issuer.url, RSA_ONLY, self.clock)
        self.settle()

    def settle(self) -> None:
        """Wait until no fetch is running."""
        until(lambda: not self.ring.fetching)

    def finds(self, key_id: str) -> bool:
        """Is the key there, after the fetch that the request may cause?"""
        self.settle()
        return self.ring.find(key_id) is not None

    @property
    def fetches(self) -> int:
        """The number of fetches of the key set."""
        return self.issuer.asked.count("/keys")


def test_a_key_is_found_by_its_id(issuer: FakeIssuer) -> None:
    """The first fetch happens before any request."""
    ring = Ring(issuer)
    assert issuer.asked == [DISCOVERY, "/keys"]
    assert ring.finds("a")
    assert ring.fetches == 1


def test_unknown_ids_cause_one_fetch_in_the_agreed_time(issuer: FakeIssuer) -> None:
    """Tokens with made-up ids cannot cause more fetches."""
    ring = Ring(issuer)
    for number in range(200):
        assert not ring.finds(f"made-up-{number}")
    assert ring.fetches == 1
    ring.clock.now += PAUSE
    issuer.may_answer.clear()  # Else the fetch may be faster than whoever begins it.
    with pytest.raises(Problem) as raised:
        ring.ring.find("made-up")
    issuer.may_answer.set()
    assert (raised.value.status, dict(raised.value.headers)["Retry-After"]) == (503, "1")
    for number in range(200):
        assert not ring.finds(f"made-up-{number}")
    assert ring.fetches == 2


def test_a_new_key_is_found_as_soon_as_somebody_uses_it(issuer: FakeIssuer) -> None:
    """After a rotation the first request gets 503, then both keys are valid."""
    ring = Ring(issuer)
    issuer.publish("a", "b")
    ring.clock.now += PAUSE
    with contextlib.suppress(Problem):  # Raised unless the fetch that it begins is faster than the thread that asks.
        ring.ring.find("b")
    assert ring.finds("b")
    assert ring.finds("a")


def test_a_key_that_is_shown_no_more_is_forgotten(issuer: FakeIssuer) -> None:
    """A removed key is forgotten at the next renewal, which blocks no request."""
    ring = Ring(issuer)
    issuer.publish("b")
    ring.clock.now += RENEW + 1
    assert ring.ring.find("a") is not None
    assert not ring.finds("a")
    assert ring.finds("b")


@pytest.mark.parametrize(
    "failure", ["gone", "no JSON", "no keys", "wrong issuer", "unsafe address", "keys of no use", "not a list"]
)
def test_old_keys_serve_while_the_issuer_fails(issuer: FakeIssuer, failure: str) -> None:
    """Keys stay valid for a day while the issuer fails in any way; fetches are repeated."""
    ring = Ring(issuer)
    if failure == "gone":
        issuer.replies.clear()
    elif failure in ("wrong issuer", "unsafe address"):
        url = "http://example.com/keys" if failure == "unsafe address" else f"{issuer.url}/keys"
        named = "https://other.example" if failure == "wrong issuer" else issuer.url
        issuer.say(DISCOVERY, {"issuer": named, "jwks_uri": url})
    else:
        body = {"no JSON": b"{", "no keys": {}, "keys of no use": {"keys": [1, {"kty": "oct"}]}}.get(
            failure, {"keys": "a"}
        )
        issuer.say("/keys", body)
    asked = len(issuer.asked)
    ring.clock.now += RENEW + 1
    assert ring.finds("a")
    assert ring.finds("a")
    assert len(issuer.asked) > asked
    ring.clock.now += STALE
    ring.settle()
    with pytest.raises(Problem) as raised:
        ring.ring.find("a")
    assert raised.value.status == 503
    ring.settle()


def test_nobody_waits_for_a_slow_issuer(issuer: FakeIssuer) -> None:
    """Known keys are used at once; a request with a new key gets 503 until it is fetched."""
    ring = Ring(issuer)
    issuer.may_answer.clear()
    ring.clock.now += RENEW + 1
    assert ring.ring.find("a") is not None
    with pytest.raises(Problem):
        ring.ring.find("b")
    issuer.may_answer.set()
    assert not ring.finds("b")


def test_without_any_keys_the_answer_is_503(issuer: FakeIssuer) -> None:
    """Without keys the answer is 503, until a fetch succeeds."""
    replies = dict(issuer.replies)
    issuer.replies.clear()
    ring = Ring(issuer)
    with pytest.raises(Problem) as raised:
        ring.ring.find("a")
    assert raised.value.status == 503
    issuer.replies |= replies
    ring.clock.now += PAUSE
    with pytest.raises(Problem):
        ring.ring.find("a")
    assert ring.finds("a")


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"alg": "RS512"},
        {"alg": "HS256"},
        {"alg": "none"},
        {"kty": "oct", "k": "AAAA"},
        {"kty": "EC"},
        {"kty": ["RSA"]},
        {"kid": 5},
        {"kid": ""},
        {"n": "AQAB"},
        {"n": "!"},
        {"n": 5},
        {"e": None},
    ],
    ids=str,
)
def test_keys_of_no_use_are_left_aside(issuer: FakeIssuer, change: dict[str, object]) -> None:
    """Keys for encryption, of other algorithms, symmetric, weak or broken ones are skipped; valid ones beside them are
    used."""
    bad = public_jwk("bad", issuer.keys["a"]) | change
    good = public_jwk("a", issuer.keys["a"])
    issuer.say("/keys", {"keys": [bad, 1, None, [], good]})
    ring = Ring(issuer)
    assert ring.finds("a")
    assert not ring.finds("bad")


@pytest.mark.filterwarnings("ignore:Key size")  # The library's own word.
def test_a_weak_key_is_left_aside(issuer: FakeIssuer) -> None:
    """RSA keys below 2,048 bits are skipped."""
    weak = public_jwk("weak", generate_private_key(65537, 1024))
    issuer.say("/keys", {"keys": [weak, public_jwk("a", issuer.keys["a"])]})
    ring = Ring(issuer)
    assert ring.finds("a")
    assert not ring.finds("weak")


def checked(issuer: FakeIssuer) -> Issuer:
    """Check a token of the issuer with its keys."""
    settings = settings_of(auth="oauth", issuer=issuer.url)
    whole = Issuer(issuer.url, settings)
    until(lambda: not whole.ring.fetching)
    return whole


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"scope": "predict read openid"}, ["predict", "read"]),
        ({"scope": None, "scp": "manage"}, ["manage"]),
        ({"scope": None, "scp": ["manage", "x", 5]}, ["manage"]),
        ({"scope": None}, []),
        ({"scope": 5}, []),
        ({"scope": {"predict": 1}}, []),
        ({"scope": "predicts READ"}, []),
    ],
    ids=str,
)
def test_a_foreign_token_allows_what_it_says(issuer: FakeIssuer, given: dict[str, Any], allowed: list[str]) -> None:
    """The scopes of a token count, in either of the usual claims, as far as they exist here."""
    client = checked(issuer).verify(issuer.token("a", sub="somebody", **given))
    assert isinstance(client, Client)
    assert (client.name, sorted(client.scopes)) == ("somebody", allowed)


def test_a_foreign_token_must_be_for_us_from_the_issuer_and_by_its_key(issuer: FakeIssuer) -> None:
    """Audience, issuer and signature must match; the issuer's name exactly."""
    whole = checked(issuer)
    assert whole.verify(issuer.token("a"))
    for bad in (
        issuer.token("a", aud="other"),
        issuer.token("a", exp=1),
        issuer.token("a", header={"alg": "PS256"}),
        issuer.token("a", header={"alg": "HS256"}),
        issuer.token("a").replace(".", ".A", 1),
    ):
        with pytest.raises(Wrong):
            whole.verify(bad)


def test_a_fault_of_the_fetch_is_no_end_of_fetching(issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """After any exception in a fetch, the next fetch may succeed."""
    ring = Ring(issuer)

    def fails(_: str) -> dict[str, object]:
        raise RuntimeError("unforeseen")

    with monkeypatch.context() as patch:
        patch.setattr(module, "get_json", fails)
        ring.clock.now += RENEW + 1
        assert ring.finds("a")
        ring.settle()
    issuer.publish("a", "b")
    ring.clock.now += PAUSE
    with contextlib.suppress(Problem):  # The fetch may end before it is waited for.
        ring.ring.find("b")
    ring.settle()
    assert ring.finds("b")


def test_a_thread_that_cannot_start_is_no_end_of_fetching(issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old keys stay in use, and a later request fetches the new ones."""
    ring = Ring(issuer)
    ring.clock.now += RENEW + 1
    with no_room_for_threads(monkeypatch):
        assert ring.finds("a")
        assert not ring.ring.fetching
    issuer.publish("a", "b")
    ring.clock.now += PAUSE
    with contextlib.suppress(Problem):  # The fetch may end before it is waited for.
        ring.ring.find("b")
    assert ring.finds("b")


def test_the_keys_may_be_at_an_address_with_a_query(issuer: FakeIssuer) -> None:
    """As at Entra and Azure AD B2C."""
    keys = "/discovery/keys?p=b2c_1_sign_in&appid=1"
    issuer.say(DISCOVERY, {"issuer": issuer.url, "jwks_uri": issuer.url + keys})
    issuer.replies[keys] = issuer.replies["/keys"]
    assert Ring(issuer).finds("a")
    assert issuer.asked == [DISCOVERY, keys]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({}, "its discovery document has no jwks_uri"),
        ({"jwks_uri": "http://id.example/keys"}, "an address that it names is neither https nor on this machine"),
    ],
)
def test_a_refused_document_is_logged_with_its_reason(
    issuer: FakeIssuer, document: dict[str, str], reason: str
) -> None:
    issuer.say(DISCOVERY, {"issuer": issuer.url, **document})
    with capture_logs() as lines:
        Ring(issuer)
    assert [line["reason"].startswith(reason) for line in lines] == [True]
