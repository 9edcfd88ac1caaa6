"""`Guard`: authenticates callers, checks their scopes and counts their requests. Nothing else decides on access."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Container
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twinserve.service.auth.client import Client
from twinserve.service.auth.credential import is_page, sent_credential
from twinserve.service.auth.keys import Keys
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import Problem
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import HEALTH, Route, Scope
from twinserve.service.limits.open_rate import open_rate
from twinserve.service.limits.rate import network
from twinserve.service.settings import BadSetting, Settings

if TYPE_CHECKING:
    from twinserve.service.auth.tokens import Tokens

Identify = Callable[[str], Client | None]
REALM: Final = 'realm="twinserve"'


class Guard:
    """Authentication, authorization and rates by the settings. Raises `BadSetting` if a file or library is missing."""

    def __init__(self, settings: Settings, rate_store_lost: Callable[[], object] = lambda: None) -> None:
        self._settings = settings
        self.keys = _open_keys(settings.keys) if settings.keys and settings.auth in ("keys", "oauth") else None
        self.tokens: Tokens | None = None
        self._identify = self._identifier()
        self._rate = open_rate(settings, rate_store_lost)

    @property
    def is_needed(self) -> bool:
        """Do the settings require credentials or limit rates? If not, `authorize` need not be called."""
        return self._identify is not None or self._rate is not None

    def authorize(self, route: Route, header: HeaderLookup, address: str) -> Client | None:
        """The caller, None if no credentials are required; raises `Problem` (401, 403, 429).

        A refused request counts against the rate, too: the caller's if it is authenticated, else its address's.
        """
        caller = f"address {network(address)}"
        try:
            page = is_page(route, header)
            if self._identify is None or self._settings.is_open(route, page=page):
                return None
            credential = sent_credential(self._settings, header)
            if page and credential is None:
                return None  # The page asks for them.
            client = _require_client(credential, self._identify)
            caller = f"client {client.name}"  # An issuer chooses the names of its clients; none reads like an address.
            _require_scope(client, route.page if page else route.scope)
            if not (route.is_general or "name" in route.parameters):
                require_model(self._settings.model, client.models)
            return client
        finally:
            if self._rate is not None and not (route.is_probe or route.name in HEALTH):
                self._rate.take(caller)

    def close(self) -> None:
        """Close the connections to a rate store."""
        if self._rate is not None:
            self._rate.close()

    def grant(self, header: HeaderLookup, body: bytes) -> Reply:
        """The reply to a token request."""
        from twinserve.service.auth.grant import grant

        if self.keys is None or self.tokens is None:
            raise BadSetting("This service does not issue tokens.")
        return grant(self.keys, self.tokens, header, body)

    def _identifier(self) -> Identify | None:
        if self._settings.auth == "keys":
            return self.keys.find if self.keys else None
        if self._settings.auth != "oauth":
            return None
        if importlib.util.find_spec("joserfc") is None:
            raise BadSetting("TWINSERVE_AUTH=oauth needs joserfc: pip install 'twinserve[oauth]'.")
        return self._oauth()

    def _oauth(self) -> Identify:
        from twinserve.service.auth.issuer import Issuer
        from twinserve.service.auth.jwt import Wrong
        from twinserve.service.auth.tokens import Tokens

        checks: list[Identify] = []
        if self.keys is not None:
            try:
                self.tokens = Tokens(self._settings, self.keys)
            except (OSError, ValueError) as error:
                raise _unreadable("SIGNING_KEY", error, "make it with `twinserve keys signing-key`") from None
            checks.append(self.tokens.verify)
        if self._settings.issuer:
            checks.append(Issuer(self._settings.issuer, self._settings).verify)

        def identify(token: str) -> Client | None:
            for check in checks:  # Their algorithms differ, so at most one of them checks a signature.
                with suppress(Wrong):
                    return check(token)
            return None

        return identify


def _require_client(credential: str | None, identify: Identify) -> Client:
    if credential is None:
        challenge = (("WWW-Authenticate", f"Bearer {REALM}"),)
        raise Problem("unauthorized", "This path requires credentials.", headers=challenge)
    client = identify(credential)
    if client is None:
        challenge = (("WWW-Authenticate", f'Bearer {REALM}, error="invalid_token"'),)
        raise Problem("unauthorized", "These credentials are invalid or have expired.", headers=challenge)
    return client


def _require_scope(client: Client, scope: Scope | None) -> None:
    if scope not in client.scopes:
        challenge = (("WWW-Authenticate", f'Bearer {REALM}, error="insufficient_scope", scope="{scope}"'),)
        raise Problem("forbidden", f"This path requires the scope {scope}.", headers=challenge)


def require_model(name: str, allowed: Container[str] | None) -> None:
    """Raise `Problem` (403) unless a caller may ask for this model, whether it exists or not."""
    if allowed is not None and name not in allowed:
        raise Problem("forbidden", "These credentials are not for this model.")


def _open_keys(path: Path) -> Keys:
    try:
        return Keys(path)
    except (OSError, ValueError) as error:
        raise _unreadable("KEYS", error, "make it with `twinserve keys create NAME`") from None


def _unreadable(setting: str, error: OSError | ValueError, advice: str) -> BadSetting:
    reason = error.strerror if isinstance(error, OSError) else "its content is invalid"
    return BadSetting(f"TWINSERVE_{setting} cannot be read ({reason}); {advice}.")
