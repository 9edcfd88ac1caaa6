"""Credentials: an API key, a token, or OAuth 2.0 client credentials (RFC 6749 section 4.4) for which a token is got."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

from twinserve.client.address import checked
from twinserve.client.errors import TokenRefused
from twinserve.client.messages import Alone, Response, Steps
from twinserve.errors import AskedWrongly

FORM: Final = "application/x-www-form-urlencoded"
DISCOVERY: Final = "/.well-known/openid-configuration"
EARLY: Final = 30.0
"""Seconds before its end at which a token is renewed, or a tenth of its life if that is less."""
LIFE: Final = 300.0
"""Seconds that a token is used whose end is not told."""
LONGEST: Final = 366 * 24 * 3600.0
"""Seconds that any token is used, whatever life it is told to have."""
VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
WORD: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True)
class ClientCredentials:
    """A client of an OAuth server, which is the service itself (`/oauth/token`) unless another is named."""

    id: str
    secret: str = field(repr=False)
    scope: str | None = None
    """Scopes with spaces between them; None asks for all that the client has."""
    token_url: str | None = None
    issuer: str | None = None
    """Its discovery document names the token's URL."""
    in_form: bool = False
    """Send id and secret in the form, for servers that do not take HTTP Basic."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Further fields of the form, such as `audience`."""

    def __post_init__(self) -> None:
        for url in filter(None, (self.token_url, self.issuer)):
            checked(url.partition("?")[0], "The address of an issuer")


Ask = Callable[[str, str, bytes, Mapping[str, str]], Steps[Response]]
"""Steps that send method, URL, body and headers without credentials of the service."""


@dataclass(frozen=True)
class Token:
    """A token and when to renew it, by the clock of the caller."""

    value: str = field(repr=False)
    until: float


class Credentials:
    """What is sent to be let in. Shared by all calls of a client."""

    def __init__(
        self,
        key: str | None = None,
        token: str | Callable[[], str] | None = None,
        oauth: ClientCredentials | None = None,
    ) -> None:
        """Raises `AskedWrongly` for more than one of them, and for what no header can hold."""
        if sum(one is not None for one in (key, token, oauth)) > 1:
            raise AskedWrongly("Give one of key=, token= and oauth=.")
        if oauth is not None and not isinstance(oauth, ClientCredentials):
            raise AskedWrongly("oauth is a ClientCredentials(id, secret).")
        self._key = None if key is None else visible(key, "key")
        self._token = token if token is None or callable(token) else visible(token, "token")
        self._oauth = oauth
        self._got: Token | None = None

    def headers(self, ask: Ask, base: str, now: Callable[[], float]) -> Steps[dict[str, str]]:
        """The headers of the next request; a token is asked for where there is none that is still good."""
        if self._key is not None:
            return {"X-API-Key": self._key}
        if self._token is not None:
            value = self._token if isinstance(self._token, str) else visible(self._token(), "token")
            return _bearer(value)
        if self._oauth is None:
            return {}
        got = self._got
        if got is None or now() >= got.until:
            got = yield Alone("token", self._renewed(self._oauth, ask, base, now))
        return _bearer(got.value)

    def forget(self, headers: Mapping[str, str]) -> bool:
        """Drop the token that was refused; True if another can be got."""
        got = self._got
        if got is not None and headers.get("Authorization") == f"Bearer {got.value}":
            self._got = None
        return self._oauth is not None

    def _renewed(self, oauth: ClientCredentials, ask: Ask, base: str, now: Callable[[], float]) -> Steps[Token]:
        got = self._got
        if got is not None and now() < got.until:  # Another caller has just got it.
            return got
        asked = now()
        url = yield from _token_url(oauth, ask, base)
        form = {"grant_type": "client_credentials", **({"scope": oauth.scope} if oauth.scope else {}), **oauth.more}
        headers = {"Content-Type": FORM, "Accept": "application/json"}
        if oauth.in_form:
            form |= {"client_id": oauth.id, "client_secret": oauth.secret}
        else:
            pair = f"{quote_plus(oauth.id)}:{quote_plus(oauth.secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        response = yield from ask("POST", url, urlencode(form).encode(), headers)
        self._got = _granted(response, asked)
        return self._got


def _token_url(oauth: ClientCredentials, ask: Ask, base: str) -> Steps[str]:
    """Where a token is got. The service itself is not asked for it: who sends a secret to another host names that."""
    if oauth.token_url is not None:
        return oauth.token_url
    if oauth.issuer is None:
        return f"{base}/oauth/token"
    url = oauth.issuer.rstrip("/") + DISCOVERY
    response = yield from ask("GET", url, b"", {"Accept": "application/json"})
    place = _object(response).get("token_endpoint")
    if response.status != HTTPStatus.OK or not isinstance(place, str):
        raise TokenRefused(f"{url} names no token_endpoint (status {response.status}); give token_url=.")
    checked(place.partition("?")[0], "The issuer's token_endpoint")
    if oauth.issuer.startswith("https://") and not place.startswith("https://"):
        raise TokenRefused(f"{url} names a token_endpoint without https, to which no secret is sent.")
    return place


def _granted(response: Response, asked: float) -> Token:
    """The token of an answer; raises `TokenRefused`, whose sentence holds no secret."""
    given = _object(response)
    value, kind = given.get("access_token"), str(given.get("token_type", "Bearer"))
    if response.status == HTTPStatus.OK and isinstance(value, str) and kind.lower() == "bearer":
        life = given.get("expires_in")
        seconds = float(min(life, LONGEST)) if isinstance(life, (int, float)) and life > 0 else LIFE
        return Token(visible(value, "token"), asked + seconds - min(EARLY, seconds / 10))
    code = given.get("error")
    if isinstance(code, str) and WORD.fullmatch(code):
        raise TokenRefused(f"{response.url} grants no token: {code}.", code)
    cure = (
        " Where an issuer grants tokens, give issuer= or token_url=." if response.status == HTTPStatus.NOT_FOUND else ""
    )
    raise TokenRefused(f"{response.url} grants no token: status {response.status}.{cure}")


def _object(response: Response) -> Mapping[str, Any]:
    try:
        given = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def visible(secret: object, name: str) -> str:
    """The credential; raises `AskedWrongly`, without showing it, for what a header cannot hold."""
    if isinstance(secret, str) and VISIBLE.fullmatch(secret):
        return secret
    raise AskedWrongly(f"{name} is text of visible ASCII letters, without spaces or line ends.")
