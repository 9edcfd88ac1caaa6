"""`Verifier`: checks JSON Web Tokens (RFC 7519, RFC 8725, RFC 9068). joserfc checks the signature; the accepted
algorithms, keys, issuer and audience come from the settings, never from the token."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Collection
from typing import Any, Final, NamedTuple

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key

LONGEST: Final = 8192
"""Maximum number of characters; our own tokens have about 400."""
COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
SUBJECT: Final = re.compile(r"[\x20-\x7e]{1,255}")
TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
MOST_KNOWN: Final = 1000
"""Maximum number of tokens remembered, at most 8 MB."""
LEEWAY: Final = 30
"""Seconds by which the clocks of two machines may differ."""

Claims = dict[str, Any]


class Wrong(Exception):
    """The token is invalid. The caller is not told why."""


class Known(NamedTuple):
    """A token whose signature has been verified."""

    key_id: str
    key: Key
    claims: Claims


class Verifier:
    """Checks the tokens of one issuer."""

    def __init__(
        self, issuer: str, audience: str, algorithms: Collection[str], find_key: Callable[[str], Key | None]
    ) -> None:
        """`find_key` returns the key of an id; the id comes from the token, so it may be any string."""
        self._issuer, self._audience, self._find_key = issuer, audience, find_key
        self._algorithms = frozenset(algorithms)
        self._registry = jws.JWSRegistry(algorithms=sorted(algorithms), strict_check_header=False)
        self._registry.max_header_length = LONGEST
        self._known: dict[str, Known] = {}

    def verify(self, token: str) -> Claims:
        """The token's claims; raises `Wrong`, or what `find_key` raises.

        Clients send the same token many times, and a signature takes 50 us, so a verified token is remembered as long
        as its key is in use. Its times are checked on every call.
        """
        known = self._known.get(token)
        if known is None or self._find_key(known.key_id) is not known.key:
            known = self._check(token)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[token] = known
        if not _is_in_time(known.claims):
            raise Wrong
        return known.claims

    def _check(self, token: str) -> Known:
        """Verify everything but the times; raises `Wrong`."""
        if len(token) > LONGEST or not COMPACT.fullmatch(token):
            raise Wrong
        header = _decode(token.partition(".")[0])
        key = self._key(header)
        try:
            payload = jws.deserialize_compact(token, key, registry=self._registry).payload
        except (JoseError, ValueError):
            raise Wrong from None
        claims = _object(payload)
        if not self._is_meant_for_us(claims):
            raise Wrong
        return Known(header["kid"], key, claims)

    def _key(self, header: Claims) -> Key:
        """The key that must have signed the token. Keys and URLs of keys in the token (`jwk`, `jku`, `x5u`) are
        ignored."""
        algorithm, key_id, kind = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
        if not isinstance(algorithm, str) or algorithm not in self._algorithms:
            raise Wrong
        if "crit" in header or "b64" in header or not isinstance(kind, str) or kind.lower() not in TYPES:
            raise Wrong
        key = self._find_key(key_id) if isinstance(key_id, str) else None
        if key is None or (key.alg or algorithm) != algorithm:
            raise Wrong
        return key

    def _is_meant_for_us(self, claims: Claims) -> bool:
        audience, subject = claims.get("aud"), claims.get("sub")
        audiences = audience if isinstance(audience, list) else [audience]
        return (
            claims.get("iss") == self._issuer
            and all(isinstance(one, str) for one in audiences)
            and self._audience in audiences
            and isinstance(subject, str)
            and SUBJECT.fullmatch(subject) is not None
        )


def _is_in_time(claims: Claims) -> bool:
    """Is now between the token's times? They must be integers: a float could be infinite or NaN."""
    now = int(time.time())
    expires, issued, begins = claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)
    return (
        type(expires) is int
        and type(issued) is int
        and type(begins) is int
        and now < expires + LEEWAY
        and issued <= now + LEEWAY
        and begins <= now + LEEWAY
    )


def _decode(segment: str) -> Claims:
    try:
        return _object(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except ValueError:
        raise Wrong from None


def _object(content: bytes) -> Claims:
    """Parse a JSON object in which no name is repeated; raises `Wrong`."""
    try:
        value = json.loads(content.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Wrong from None
    if not isinstance(value, dict):
        raise Wrong
    return value


def _once(pairs: list[tuple[str, Any]]) -> Claims:
    if len(dict(pairs)) < len(pairs):
        raise Wrong
    return dict(pairs)


def _no_number(_: str) -> None:
    raise Wrong
