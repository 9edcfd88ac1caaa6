"""How the OpenAPI document tells callers what to bring; Swagger UI's Authorize button follows it."""

from __future__ import annotations

from typing import Any, Final

from twinserve.service.auth.fetch import DISCOVERY
from twinserve.service.http.routes import TOKEN, Route
from twinserve.service.settings import Settings

Document = dict[str, Any]
TOKEN_REQUEST: Final[Document] = {
    "type": "object",
    "properties": {
        "grant_type": {"const": "client_credentials"},
        "client_id": {"type": "string", "description": "Unless HTTP Basic names the client."},
        "client_secret": {"type": "string"},
        "scope": {"type": "string", "description": "With spaces; without it, all that the client may."},
    },
    "required": ["grant_type"],
}
TOKEN_RESPONSE: Final[Document] = {
    "type": "object",
    "properties": {
        "access_token": {"type": "string"},
        "token_type": {"const": "Bearer"},
        "expires_in": {"type": "integer"},
        "scope": {"type": "string"},
    },
    "required": ["access_token", "token_type", "expires_in", "scope"],
}
TOKEN_ERROR: Final[Document] = {
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
}
MEANINGS: Final = {"predict": "ask for predictions", "read": "read what the model is", "manage": "read the metrics"}


def security_schemes(settings: Settings, base: str) -> Document:
    """The ways to show who one is, for a service whose paths begin at `base`."""
    if settings.auth == "keys":
        return {
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            "bearer": {"type": "http", "scheme": "bearer", "description": "The same key."},
        }
    schemes: Document = {}
    if settings.auth == "oauth" and settings.keys:
        flow = {"tokenUrl": base.rstrip("/") + TOKEN.path, "scopes": MEANINGS}
        schemes["oauth"] = {"type": "oauth2", "flows": {"clientCredentials": flow}}
    if settings.auth == "oauth" and settings.issuer:
        url = settings.issuer.rstrip("/") + DISCOVERY
        schemes["issuer"] = {"type": "openIdConnect", "openIdConnectUrl": url}
    return schemes


def security(route: Route, settings: Settings, schemes: Document) -> list[Document]:
    """What one route asks for: any of the schemes, or nothing."""
    if settings.is_open(route):
        return []
    return [{name: [] if settings.auth == "keys" else [route.scope]} for name in schemes]
