"""Checking tokens: valid ones pass, invalid ones are refused alike and fast."""

from __future__ import annotations

import json
import time
import timeit
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import Key, OctKey, RSAKey

from harness.credentials import HEADER, KEY_ID, SECRET, claims, encode, hs256, segment, token
from twinserve.service.auth import jwt
from twinserve.service.auth.jwt import LEEWAY, LONGEST, Verifier, Wrong

OURS: dict[str, Key] = {KEY_ID: OctKey.import_key(SECRET)}
RSA = generate_private_key(65537, 2048)
PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
NOW = int(time.time())


def verifier() -> Verifier:
    """A verifier of our own tokens."""
    return Verifier("twinserve", "twinserve", ["HS256"], OURS.get)


def raw(text: str) -> bytes:
    """Valid claims as JSON text, with a prefix."""
    return b"{" + text.encode() + b"," + json.dumps(claims()).encode()[1:]


def without(name: str) -> dict[str, Any]:
    """Valid claims without one."""
    return {key: value for key, value in claims().items() if key != name}


@pytest.mark.parametrize(
    "content",
    [
        claims(),
        claims(aud=["somebody", "twinserve"]),
        claims(scope=None),
        claims(extra={"deep": [1, 2.5, None]}),
        claims(sub="auth0|5f7c CN=a,b"),
    ],
)
def test_a_good_token_gives_its_claims(content: dict[str, Any]) -> None:
    """A valid token may have several audiences and unknown claims."""
    assert verifier().verify(token(content)) == content


@pytest.mark.parametrize(("name", "offset"), [("exp", -LEEWAY), ("iat", LEEWAY), ("nbf", LEEWAY)])
def test_clocks_may_differ_by_the_leeway_and_no_more(monkeypatch: pytest.MonkeyPatch, name: str, offset: int) -> None:
    """The leeway is exact to the second."""
    monkeypatch.setattr(time, "time", lambda: NOW + 0.5)
    inside, outside = (offset + 1, offset) if name == "exp" else (offset, offset + 1)
    assert verifier().verify(token(claims(**{name: NOW + inside})))
    with pytest.raises(Wrong):
        verifier().verify(token(claims(**{name: NOW + outside})))


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "application/at+jwt", None])
def test_a_token_may_say_that_it_is_one(kind: str | None) -> None:
    """`typ` may be missing, or one of RFC 7519 and RFC 9068."""
    header = {name: value for name, value in {**HEADER, "typ": kind}.items() if value}
    assert verifier().verify(token(header=header)) == claims()


BAD_CLAIMS: dict[str, dict[str, Any] | bytes] = {
    "expired": claims(exp=NOW - LEEWAY - 1),
    "long expired": claims(exp=0),
    "expired before time began": claims(exp=-1),
    "not yet": claims(nbf=NOW + LEEWAY + 3600),
    "issued in the future": claims(iat=NOW + LEEWAY + 3600),
    "no exp": without("exp"),
    "no iat": without("iat"),
    "no iss": without("iss"),
    "no aud": without("aud"),
    "no sub": without("sub"),
    "exp is null": raw('"exp":null').replace(b'"exp": ', b'"was": '),
    "exp is a string": claims(exp=str(NOW + 3600)),
    "exp is a float": claims(exp=NOW + 3600.5),
    "exp is true": claims(exp=True),
    "exp is a list": claims(exp=[NOW + 3600]),
    "exp is huge": json.dumps(claims(exp=0)).replace('"exp": 0', '"exp": 1e400').encode(),
    "exp is NaN": json.dumps(claims(exp=float("nan"))).encode(),
    "exp is Infinity": json.dumps(claims(exp=float("inf"))).encode(),
    "exp has ten thousand digits": json.dumps(claims(exp=0)).replace('"exp": 0', '"exp": ' + "9" * 5000).encode(),
    "nbf is a string": claims(nbf="0"),
    "nbf is NaN": claims(nbf=float("nan")),
    "iat is a float": claims(iat=1.5),
    "exp twice": raw(f'"exp":{NOW + 3600}'),
    "aud twice": raw('"aud":"twinserve"'),
    "a claim twice in depth": raw('"x":{"a":1,"a":1}'),
    "another audience": claims(aud="other"),
    "other audiences": claims(aud=["other", "twinserve2"]),
    "no audience in the list": claims(aud=[]),
    "an audience that is no string": claims(aud=["twinserve", 1]),
    "audience within a longer one": claims(aud="twinserve "),
    "audience as an object": claims(aud={"twinserve": 1}),
    "another issuer": claims(iss="https://issuer.example"),
    "issuer as a list": claims(iss=["twinserve"]),
    "subject empty": claims(sub=""),
    "subject with a line break": claims(sub="a\nb"),
    "subject too long": claims(sub="a" * 256),
    "subject is a number": claims(sub=1),
    "a list": b"[]",
    "a string": b'"x"',
    "null": b"null",
    "nothing": b" ",
    "no JSON": b"{",
    "not UTF-8": b'{"exp":"\xff"}',
    "deep": b"[" * 3000 + b"]" * 3000,
}


@pytest.mark.parametrize("name", BAD_CLAIMS)
def test_a_signed_token_with_bad_claims_is_refused(name: str) -> None:
    """Invalid claims are refused despite a valid signature."""
    with pytest.raises(Wrong):
        verifier().verify(token(BAD_CLAIMS[name]))


BAD_HEADERS: dict[str, dict[str, Any] | bytes] = {
    "no algorithm": {"kid": KEY_ID},
    **{
        f"algorithm {alg}": {**HEADER, "alg": alg}
        for alg in ["none", "None", "nOnE", "NONE", "", "hs256", "HS512", "RS256"]
    },
    "algorithm is a list": {**HEADER, "alg": ["HS256"]},
    "algorithm is null": {**HEADER, "alg": None},
    "algorithm twice": b'{"alg":"HS256","alg":"HS256","kid":"' + KEY_ID.encode() + b'"}',
    "no key id": {"alg": "HS256"},
    **{
        f"key id {number}": {**HEADER, "kid": key_id}
        for number, key_id in enumerate(
            [
                "",
                "x",
                "../../dev/null",
                "/dev/null",
                "' OR 1=1 --",
                "x" * 10_000,
                "\x00",
                0,
                None,
                [KEY_ID],
                {"a": 1},
                True,
            ]
        )
    },
    "an embedded key": {"alg": "HS256", "jwk": {"kty": "oct", "k": encode(SECRET)}},
    "critical": {**HEADER, "crit": ["exp"], "exp": 1},
    "critical and unknown": {**HEADER, "crit": ["x"], "x": 1},
    "critical and nothing": {**HEADER, "crit": []},
    "unencoded": {**HEADER, "b64": False, "crit": ["b64"]},
    "unencoded, not critical": {**HEADER, "b64": False},
    "an encrypted token's type": {**HEADER, "typ": "JWE"},
    "an identity token's type": {**HEADER, "typ": "id+jwt"},
    "type is a number": {**HEADER, "typ": 1},
    "a list": b"[]",
    "a list with the name": b'["alg"]',
    "a number": b"1",
    "no JSON": b"{",
    "deep": b'{"alg":' + b"[" * 2500 + b"]" * 2500 + b"}",
    "long": {**HEADER, "x": "x" * LONGEST},
}


@pytest.mark.parametrize("name", BAD_HEADERS)
def test_a_signed_token_with_a_bad_header_is_refused(name: str) -> None:
    """The header cannot choose the algorithm or the key."""
    with pytest.raises(Wrong):
        verifier().verify(token(header=BAD_HEADERS[name]))


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c"])
def test_keys_that_a_token_brings_are_ignored(name: str) -> None:
    """A token signed with a key in its header is refused; such a header is ignored in a token that we signed."""
    offer = {"jwk": {"kty": "oct", "k": encode(b"x" * 32)}, "x5c": ["AAAA"]}.get(name, "http://127.0.0.1:1/keys")
    with pytest.raises(Wrong):
        verifier().verify(token(header={**HEADER, name: offer}, sign=hs256(b"x" * 32)))
    assert verifier().verify(token(header={**HEADER, name: offer})) == claims()


GOOD = token()


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "...",
        GOOD.rpartition(".")[0],
        GOOD.rpartition(".")[0] + ".",
        GOOD + ".",
        "." + GOOD,
        GOOD + ".AAAA",
        GOOD + ".AAAA.AAAA",
        GOOD.replace(".", ".."),
        GOOD + "=",
        GOOD + "==",
        GOOD + "\n",
        " " + GOOD,
        GOOD.replace("-", "+").replace("_", "/") + "+",
        GOOD[:-4],
        GOOD[:-1] + ("A" if GOOD[-1] != "A" else "B"),
        GOOD + "A",
        GOOD.swapcase(),
        GOOD + "é",
        f"{segment(HEADER)}..{encode(b'x' * 32)}",
        f"{segment({'alg': 'none'})}.{segment(claims())}.",
        "a" * 1_000_000,
        ".".join(["a" * 300_000] * 3),
        f"{segment(HEADER)}.{segment(claims(x='x' * 700_000))}.{encode(b'x' * 32)}",
        "." * 100_000,
    ],
    ids=lambda text: f"{text[:12]}-{len(text)}",
)
def test_what_is_not_three_parts_is_refused(text: str) -> None:
    """A token has exactly three parts, whatever its length."""
    verifies = verifier()

    def refuse() -> None:
        with pytest.raises(Wrong):
            verifies.verify(text)

    assert min(timeit.repeat(refuse, number=1, repeat=5)) < 0.02


def test_a_token_that_was_good_ends_with_its_time_and_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cached token is refused after its expiry and without its key."""
    keys = dict(OURS)
    checks = Verifier("twinserve", "twinserve", ["HS256"], keys.get)
    text = token()
    assert checks.verify(text) == checks.verify(text)
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: NOW + 9999)
        with pytest.raises(Wrong):
            checks.verify(text)
    assert checks.verify(text)
    keys[KEY_ID] = OctKey.import_key(b"x" * 32)
    with pytest.raises(Wrong):
        checks.verify(text)
    del keys[KEY_ID]
    with pytest.raises(Wrong):
        checks.verify(text)


def test_only_so_many_tokens_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache is bounded, and holds no invalid tokens."""
    monkeypatch.setattr(jwt, "MOST_KNOWN", 10)
    checks = verifier()
    for number in range(50):
        assert checks.verify(token(claims(jti=str(number))))
        with pytest.raises(Wrong):
            checks.verify(token(claims(jti=str(number)), sign=hs256(b"x" * 32)))
    assert len(checks._known) <= 10


def test_another_secret_is_refused() -> None:
    """Every bit of the signature counts."""
    for secret in (b"", b"secret", SECRET[:-1], SECRET + b"\x00x", bytes(32), PEM):
        with pytest.raises(Wrong):
            verifier().verify(token(sign=hs256(secret)))


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256", "none"])
@pytest.mark.parametrize("secret", [PEM, PEM.strip(), RSA.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)])
def test_a_public_key_is_no_secret(algorithm: str, secret: bytes) -> None:
    """An issuer's public key is never used as an HMAC secret."""
    issuers: dict[str, Key] = {"k": RSAKey.import_key(PEM)}
    checks = Verifier("twinserve", "twinserve", ["RS256", "ES256"], issuers.get)
    with pytest.raises(Wrong):
        checks.verify(token(header={"alg": algorithm, "kid": "k"}, sign=hs256(secret)))


def test_a_key_for_one_algorithm_serves_no_other() -> None:
    """The token's algorithm must be that of the key, if it names one."""
    keys: dict[str, Key] = {name: RSAKey.import_key(PEM, {"alg": name}) for name in ("RS256", "PS256")}
    checks = Verifier("twinserve", "twinserve", ["RS256", "PS256"], keys.get)

    def signed(key_id: str) -> str:
        header = {"alg": "RS256", "kid": key_id}
        return token(header=header, sign=lambda message: RSA.sign(message, PKCS1v15(), SHA256()))

    assert checks.verify(signed("RS256"))
    with pytest.raises(Wrong):
        checks.verify(signed("PS256"))
