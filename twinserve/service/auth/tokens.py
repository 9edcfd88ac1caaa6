"""`Tokens`: issues and verifies our own tokens, signed by HMAC, because issuer and verifier are the same program."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection
from typing import Final

from joserfc import jwt
from joserfc.jwk import Key, OctKey

from twinserve.service.auth import signing
from twinserve.service.auth.client import Client
from twinserve.service.auth.jwt import Verifier
from twinserve.service.auth.keys import Keys
from twinserve.service.auth.reloading_file import Fresh
from twinserve.service.http.routes import Scope
from twinserve.service.settings import Settings

ISSUER: Final = "twinserve"
ALGORITHM: Final = "HS256"


class Tokens:
    """Issues tokens to clients and verifies them."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        """Read the signing keys; raises `OSError` or `ValueError`."""
        if settings.signing_key is None:
            raise ValueError("no signing key is set")
        self.seconds = settings.token_seconds
        self._audience, self._keys = settings.audience, keys
        self._signing = Fresh(settings.signing_key, _signing_keys)
        self._verifier = Verifier(
            ISSUER, settings.audience, [ALGORITHM], find_key=lambda key_id: self._signing.get().get(key_id)
        )

    def issue(self, client: Client, scopes: Collection[Scope]) -> str:
        """A token for this client, in the profile of RFC 9068."""
        key_id, key = next(iter(self._signing.get().items()))
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": self._audience,
            "sub": client.name,
            "client_id": client.name,
            "scope": " ".join(sorted(scopes)),
            "iat": now,
            "exp": now + self.seconds,
            "jti": secrets.token_hex(16),
        }
        return jwt.encode({"alg": ALGORITHM, "typ": "at+jwt", "kid": key_id}, claims, key, [ALGORITHM])

    def verify(self, token: str) -> Client | None:
        """The client whose token this is, with the scopes that both token and client have; None if the client is gone.

        Raises `Wrong`."""
        claims = self._verifier.verify(token)
        client = self._keys.named(claims["sub"])
        return client and Client(client.name, client.scopes & frozenset(str(claims.get("scope", "")).split()))


def _signing_keys(content: bytes) -> dict[str, Key]:
    return {key_id: OctKey.import_key(secret) for key_id, secret in signing.parse(content).items()}
