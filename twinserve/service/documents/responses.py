"""What the responses of all documents have: headers, and the refusals of the guard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from twinserve.service.http.routes import HEALTH, Route
from twinserve.service.settings import Settings

Document = dict[str, Any]
PREDICTING: Final = (
    *("malformed-json", "request-timeout", "too-large", "unsupported-media-type", "invalid-input", "unavailable"),
    "prediction-timeout",
)
"""The kinds of problems that a prediction may meet."""
# Headers of every response, and of those with certain statuses.
HEADERS: Final[Document] = {
    "X-Request-Id": {
        "required": True,
        "description": "The caller's own id if it is valid, else a new one.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
    "Server-Timing": {
        "required": True,
        "description": "Time taken, in milliseconds.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"required": True, "description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "WWW-Authenticate": {
        "required": True,
        "description": "The authentication scheme to use (RFC 6750).",
        "schema": {"type": "string"},
    },
    "Missing-Scope": {
        "description": "Which scope is missing (RFC 6750); not where the credentials are for other models.",
        "schema": {"type": "string"},
    },
}
ALWAYS: Final = {"X-Request-Id": "X-Request-Id", "Server-Timing": "Server-Timing"}
WITH_STATUS: Final[Mapping[str, Mapping[str, str]]] = {
    "401": {"WWW-Authenticate": "WWW-Authenticate"},
    "403": {"WWW-Authenticate": "Missing-Scope"},
    "429": {"Retry-After": "Retry-After"},
    "503": {"Retry-After": "Retry-After"},
}
"""By status: the headers, each with its name among `HEADERS`."""


def headers_of(status: str) -> Document:
    """The headers of a response with this status, all of which are among `HEADERS`."""
    named = {**ALWAYS, **WITH_STATUS.get(status, {})}
    return {name: {"$ref": f"#/components/headers/{described}"} for name, described in named.items()}


def guarding(route: Route, settings: Settings) -> list[str]:
    """The kinds of problems that the guard may raise for this route."""
    kinds = [] if settings.is_open(route) else ["unauthorized", "forbidden"]
    is_limited = settings.rate and not (route.is_probe or route.name in HEALTH)
    return [*kinds, "too-many-requests"] if is_limited else kinds
