"""Which pages of other origins may read the answers: CORS, as the Fetch standard has it. Never with credentials."""

from __future__ import annotations

import re
from typing import Final

from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.reply import Header

ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")
"""As a browser sends it: scheme, host and port, in small letters."""
DEFAULT_PORT: Final = re.compile(r"http://.*:80|https://.*:443")
"""With a port that no browser sends, as the scheme has it."""
ALLOWED: Final = (
    "Authorization, Content-Encoding, Content-Type, Inference-Header-Content-Length"
    ", Traceparent, X-API-Key, X-Request-Id"
)
"""Headers that a page may send: all that any path reads, besides those that any page may."""
EXPOSED: Final = "Inference-Header-Content-Length, Retry-After, X-Prediction-Id, X-Request-Id"
"""Headers that a page may read, besides those that any page may."""
MAX_AGE: Final = 600
"""Seconds for which a browser need not ask again."""


class Cors:
    """The origins that are allowed, and the headers that say so."""

    def __init__(self, origins: str) -> None:
        """`origins`: those of the setting, separated by commas, or `*` for any."""
        self._origins = frozenset(origins.split(","))

    def headers(self, header: HeaderLookup) -> tuple[Header, ...]:
        """What every answer to a request with these headers has."""
        origin = self._allowed(header)
        vary = ("Vary", "Origin")
        if origin is None:
            return (vary,)
        return ("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", EXPOSED), vary

    def preflight(self, header: HeaderLookup, allow: str) -> tuple[Header, ...]:
        """What the answer to OPTIONS has besides, if a browser asks whether a page may send one of these methods."""
        if header("access-control-request-method") is None or self._allowed(header) is None:
            return ()
        return (
            ("Access-Control-Allow-Headers", ALLOWED),
            ("Access-Control-Allow-Methods", allow),
            ("Access-Control-Max-Age", str(MAX_AGE)),
        )

    def _allowed(self, header: HeaderLookup) -> str | None:
        """The origin to name, None if there is none."""
        origin = header("origin")
        if origin is None:
            return None
        return "*" if "*" in self._origins else origin if origin in self._origins else None


def wrong_origin(origins: str) -> str | None:
    """The first of these origins that no browser would send, None if all are well."""
    if origins in ("", "*"):
        return None
    return next((origin for origin in origins.split(",") if _is_wrong(origin)), None)


def _is_wrong(origin: str) -> bool:
    return ORIGIN.fullmatch(origin) is None or DEFAULT_PORT.fullmatch(origin) is not None
