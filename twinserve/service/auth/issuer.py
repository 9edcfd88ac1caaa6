"""Checks tokens of an outside issuer (OpenID Connect Discovery); its keys are cached and renewed in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from twinserve.service.auth.client import Client
from twinserve.service.auth.fetch import DISCOVERY, NotFetched, get_json
from twinserve.service.auth.jwt import Verifier
from twinserve.service.http.problem import unavailable
from twinserve.service.http.routes import SCOPES, Scope
from twinserve.service.settings import Settings
from twinserve.service.telemetry.logs import log

PAUSE: Final = 30.0
"""Minimum number of seconds between two fetches, whatever key ids the tokens name."""
RENEW: Final = 300.0
"""Seconds after which the keys are fetched again; until then and meanwhile the old ones are used."""
STALE: Final = 24 * 3600.0
"""Seconds that keys are used while no new ones can be fetched."""
MOST_KEYS: Final = 100
LEAST_RSA_BITS: Final = 2048


class KeyRing:
    """The issuer's keys by their ids. They are fetched in a thread, so no request waits for a fetch."""

    def __init__(self, issuer: str, algorithms: frozenset[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer, self._algorithms, self._clock = issuer, algorithms, clock
        self._lock = threading.Lock()
        self._keys: dict[str, Key] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self.fetching = False
        self._renew()

    def find(self, key_id: str) -> Key | None:
        """The key of this id, None if the issuer has none; raises `Problem` (503) while a fetch may still bring it."""
        age = self._clock() - self._fetched_at
        key = self._keys.get(key_id) if age < STALE else None
        if key is None or age > RENEW:
            self._renew()
        if key is None and (self.fetching or age >= STALE):
            raise unavailable("The issuer's keys are not available yet.")
        return key or self._keys.get(key_id)  # A fetch may have ended just now.

    def _renew(self) -> None:
        with self._lock:
            if self.fetching or self._clock() - self._tried_at < PAUSE:
                return
            self._tried_at, self.fetching = self._clock(), True
        try:
            threading.Thread(target=self._fetch, name="issuer", daemon=True).start()
        except RuntimeError as error:  # The system has no room for a thread; after `PAUSE` the next request tries.
            self.fetching = False
            log.error("issuer's keys not fetched", issuer=self._issuer, reason=str(error))

    def _fetch(self) -> None:
        try:
            self._keys = self._get()
            self._fetched_at = self._clock()
        except NotFetched as error:
            log.error("issuer's keys not fetched", issuer=self._issuer, reason=str(error))
        except Exception as error:  # An issuer may send anything; the old keys stay in use.
            log.error("issuer's keys not understood", issuer=self._issuer, exc_info=error)
        finally:
            self.fetching = False

    def _get(self) -> dict[str, Key]:
        document = get_json(self._issuer.rstrip("/") + DISCOVERY)
        if document.get("issuer") != self._issuer:
            raise NotFetched("its discovery document names another issuer")
        address = document.get("jwks_uri")
        if not isinstance(address, str):
            raise NotFetched("its discovery document has no jwks_uri")
        listed = get_json(address).get("keys")
        if not isinstance(listed, list):
            raise NotFetched("its key set has no keys")
        keys = {key.kid: key for key in map(self._usable, listed[:MOST_KEYS]) if key is not None and key.kid}
        if not keys:
            raise NotFetched("none of its keys may be used")
        return keys

    def _usable(self, data: Any) -> Key | None:
        """The key if it is public and checks signatures of an accepted algorithm; None for anything else in the set."""
        if not isinstance(data, dict) or data.get("kty") == "oct" or data.get("use", "sig") != "sig":
            return None
        if not isinstance(data.get("kid"), str) or data.get("alg", "") not in {"", *self._algorithms}:
            return None
        try:
            key = JWKRegistry.import_key(data)
            public = key.get_op_key("verify")
        except (JoseError, ValueError, TypeError, KeyError):
            return None
        weak = isinstance(public, RSAPublicKey) and public.key_size < LEAST_RSA_BITS
        return None if weak else key


class Issuer:
    """Checks an issuer's tokens."""

    def __init__(self, url: str, settings: Settings) -> None:
        algorithms = frozenset(settings.algorithms.split(","))
        self.ring = KeyRing(url, algorithms)
        self._verifier = Verifier(url, settings.audience, algorithms, self.ring.find)

    def verify(self, token: str) -> Client | None:
        """The client whose token this is; raises `Wrong`, or `Problem` (503) while the keys are not available."""
        claims = self._verifier.verify(token)
        return Client(claims["sub"], _scopes(claims))


def _scopes(claims: dict[str, Any]) -> frozenset[Scope]:
    """Our scopes among those of the token: from `scope` (RFC 8693), or from `scp`, as some issuers call it."""
    given = claims.get("scope", claims.get("scp", ""))
    listed = given.split() if isinstance(given, str) else given if isinstance(given, list) else []
    return frozenset(scope for scope in SCOPES if scope in listed)
