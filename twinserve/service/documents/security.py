"""The security schemes of the OpenAPI document, which Swagger UI's Authorize button uses."""

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
        "client_id": {"type": "string", "description": "Not needed with HTTP Basic."},
        "client_secret": {"type": "string"},
        "scope": {"type": "string", "description": "Space-separated; default: all scopes of the client."},
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
MEANINGS: Final = {"predict": "predict", "read": "read about the model", "manage": "read the metrics"}


def security_schemes(settings: Settings, root: str = ".") -> Document:
    """The security schemes of a service; empty if it requires no credentials. `root` is the way to the service from the
    URL that those of the document are relative to."""
    if settings.auth == "keys":
        return {
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            "bearer": {"type": "http", "scheme": "bearer", "description": "The same key."},
        }
    schemes: Document = {}
    if settings.auth == "oauth" and settings.keys:
        flow = {"tokenUrl": f"{root}{TOKEN.path}", "scopes": MEANINGS}
        schemes["oauth"] = {"type": "oauth2", "flows": {"clientCredentials": flow}}
    if settings.auth == "oauth" and settings.issuer:
        url = settings.issuer.rstrip("/") + DISCOVERY
        schemes["issuer"] = {"type": "openIdConnect", "openIdConnectUrl": url}
    return schemes


def security(route: Route, settings: Settings, schemes: Document) -> list[Document]:
    """The security requirement of one route: any of the schemes, or none."""
    if settings.is_open(route):
        return []
    return [{name: [] if settings.auth == "keys" else [route.scope]} for name in schemes]
