"""Our own tokens: issued, checked, and invalid when their client ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from harness.credentials import SECRET, YESTERDAY, claims, token, write_keys, write_signing_key
from twinserve.service.auth import keys, reloading_file, signing
from twinserve.service.auth.client import Client
from twinserve.service.auth.jwt import Wrong
from twinserve.service.auth.keys import Keys
from twinserve.service.auth.tokens import Tokens
from twinserve.testing.fakes import settings_of


@pytest.fixture
def tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tokens:
    """Tokens for alice, with the scopes predict and read; files are read again at each check."""
    monkeypatch.setattr(reloading_file, "INTERVAL", 0.0)
    write_keys(tmp_path / "keys", alice="predict read")
    settings = settings_of(
        auth="oauth", keys=tmp_path / "keys", signing_key=write_signing_key(tmp_path), token_seconds=600
    )
    return Tokens(settings, Keys(tmp_path / "keys"))


ALICE = Client("alice", frozenset({"predict", "read"}))


def test_an_issued_token_is_good_and_holds_what_rfc_9068_asks(tokens: Tokens) -> None:
    """A token read with joserfc and our secret has the claims of RFC 9068."""
    issued = tokens.issue(ALICE, ["read", "predict"])
    read = jwt.decode(issued, OctKey.import_key(SECRET), ["HS256"])
    assert (read.header["alg"], read.header["typ"]) == ("HS256", "at+jwt")
    assert {"iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope"} == set(read.claims)
    assert read.claims["exp"] - read.claims["iat"] == 600
    assert read.claims["scope"] == "predict read"
    assert tokens.verify(issued) == ALICE


def test_no_two_tokens_are_the_same(tokens: Tokens) -> None:
    """Tokens differ even within a second."""
    assert len({tokens.issue(ALICE, ["read"]) for _ in range(50)}) == 50


def test_a_token_allows_what_both_it_and_its_client_may(tokens: Tokens) -> None:
    """The scopes are those that both the token and its client have."""
    checked = tokens.verify(token(claims(scope="read manage everything")))
    assert checked == Client("alice", frozenset({"read"}))
    for scope in (None, 5, ["read"], {"read": 1}, "READ", "read,predict"):
        nothing = tokens.verify(token(claims(scope=scope)))
        assert nothing is not None
        assert nothing.scopes == frozenset()


def test_a_token_ends_with_its_client(tokens: Tokens, tmp_path: Path) -> None:
    """The token of a revoked, expired or unknown client is refused."""
    issued = tokens.issue(ALICE, ["read"])
    write_keys(tmp_path / "keys", ends=YESTERDAY, alice="predict read")
    assert tokens.verify(issued) is None
    write_keys(tmp_path / "keys", bob="predict read")
    assert tokens.verify(issued) is None
    assert tokens.verify(token(claims(sub="carol"))) is None


def test_a_renewed_key_signs_and_the_one_before_still_checks(tokens: Tokens, tmp_path: Path) -> None:
    """After two renewals the first key is gone."""
    path, issued = tmp_path / "signing.key", tokens.issue(ALICE, ["read"])
    keys.replace(path, signing.renewed(path.read_bytes()))
    assert tokens.verify(issued)
    newer = tokens.issue(ALICE, ["read"])
    keys.replace(path, signing.renewed(path.read_bytes()))
    assert tokens.verify(newer)
    with pytest.raises(Wrong):
        tokens.verify(issued)
