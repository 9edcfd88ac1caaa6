"""The OpenAPI 3.1 document of the service, made from the signature and the table of routes."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any, Final

from twinserve.service.documents.answers import (
    FINDINGS,
    Document,
    parameters,
    path_parameters,
    request_body,
    schemas,
    success,
)
from twinserve.service.documents.bulk import bulk_contents
from twinserve.service.documents.security import TOKEN_ERROR, TOKEN_REQUEST, security, security_schemes
from twinserve.service.http.body import FORM
from twinserve.service.http.problem import KINDS, PROBLEM_JSON
from twinserve.service.http.routes import HEALTH, TOKEN, Route
from twinserve.service.settings import Settings
from twinserve.store.examples import Example
from twinserve.store.manifest import Manifest

VERSION: Final = "3.1.0"
INSTANCE: Final = "#/components/schemas/Instance"

PARAMETER_ERROR: Final[Document] = {
    "type": "object",
    "properties": {"parameter": {"type": "string"}, "code": {"type": "string"}, "detail": {"type": "string"}},
    "required": ["parameter", "code", "detail"],
}
PROBLEM: Final[Document] = {
    "type": "object",
    "description": "Problem details, RFC 9457.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "The request's id."},
        "errors": {"type": "array", "items": {"anyOf": [FINDINGS["items"], PARAMETER_ERROR]}},
    },
    "required": ["type", "title", "status", "detail", "instance", "errors"],
}
# The kinds of problems of each route; any route may also fail with 500.
PREDICTING: Final = (
    *("malformed-json", "request-timeout", "too-large", "unsupported-media-type", "invalid-input", "unavailable"),
    "prediction-timeout",
)
REFUSALS: Final[Mapping[str, tuple[str, ...]]] = {
    "predict": (*PREDICTING, "malformed-table", "invalid-parameter", "not-implemented"),
    "explain": (*PREDICTING, "invalid-parameter", "not-implemented"),
    "schema": ("unavailable",),
    "openapi": ("unavailable",),
    "model": ("unavailable",),
    "ready": ("unavailable",),
    "readyz": ("unavailable",),
    "token": ("request-timeout", "too-large"),
    "index": ("unavailable",),
    "form": (
        *("bad-request", "request-timeout", "too-large", "unsupported-media-type", "unavailable"),
        "prediction-timeout",
    ),
    "card": ("unavailable",),
    "live_page": ("unavailable",),
    "asset": ("not-found",),
    "models": ("invalid-parameter",),
}
NAMED: Final = {
    name: (*REFUSALS.get(name.removeprefix("named_"), ()), "not-found")
    for name in ("named_predict", "named_explain", "named_model", "named_schema", "named_openapi", "named_card")
}
"""The same of a model that the path names."""
OF_A_MODEL: Final = frozenset({"predict", "explain", "schema", "openapi", "card"})
"""The routes that stand below `/models/{name}`, too."""
TAGS: Final[Mapping[str, str]] = {
    "predictions": "What a model predicts, and why.",
    "models": "What is known of the models.",
    "operations": "Health and metrics.",
    "credentials": "Tokens for clients.",
}
FORM_BODY: Final[Document] = {
    "type": "object",
    "description": "Each field by its JSON Pointer, as text.",
    "additionalProperties": {"type": "string"},
}
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
}
ALWAYS: Final = ("X-Request-Id", "Server-Timing")
WITH_STATUS: Final[Mapping[str, tuple[str, ...]]] = {
    "401": ("WWW-Authenticate",),
    "403": ("WWW-Authenticate",),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
}
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "schema": "application/schema+json",
    "docs": "text/html",
    "metrics": "text/plain",
    "form": "text/html",
    "card": "text/html",
    "named_card": "text/html",
    "named_schema": "application/schema+json",
    "live_page": "text/html",
    "asset": "*/*",
}


def openapi(
    instance: Document,
    facts: Manifest,
    settings: Settings,
    examples: Sequence[Example] = (),
    names: Container[str] | None = None,
) -> Document:
    """The document of a service with this JSON Schema of an instance, and these examples of one; of the routes of these
    names alone, if some are given.

    Its URLs are relative to its own, so they hold behind any prefix, also one that a proxy strips."""
    named = {
        "Instance": _moved({key: value for key, value in instance.items() if key != "$schema"}),
        **schemas(facts),
        "Problem": PROBLEM,
    }
    security_document = security_schemes(settings)
    components: Document = {"schemas": named, "headers": HEADERS}
    if security_document:
        components["securitySchemes"] = security_document
    paths: Document = {}
    for route in settings.routes:
        if names is not None and route.name not in names:
            continue
        paths.setdefault(route.path, {}).update(_path(route, facts, settings, security_document, examples))
    return {
        "openapi": VERSION,
        "info": {
            "title": f"Twinserve: {facts.name}",
            "version": "1",
            "description": f"Predictions of the model {facts.name!r} ({facts.task}).",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "./"}],
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        **({} if security_document else {"security": []}),
        "paths": paths,
        "components": components,
    }


def _moved(schema: Any) -> Any:
    """The schema of an instance as a part of the document: its references begin at the document."""
    if isinstance(schema, list):
        return [_moved(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value.replace("#", INSTANCE, 1) if key == "$ref" and isinstance(value, str) else _moved(value)
        for key, value in schema.items()
    }


def _path(
    route: Route, facts: Manifest, settings: Settings, schemes: Document, examples: Sequence[Example]
) -> Document:
    operations: Document = {}
    for method in route.methods:
        if method == "HEAD":  # As GET, wherever that is; it would only double the methods of a client.
            continue
        operation: Document = {
            "operationId": route.name,
            "summary": route.summary,
            "tags": [_tag(route)],
            "responses": _responses(route, facts, settings),
        }
        if schemes:
            operation["security"] = security(route, settings, schemes)
        if route.query is not None or route.parameters:
            operation["parameters"] = [*path_parameters(route), *parameters(route, facts)]
        if route.kind == "predict":
            operation["requestBody"] = request_body(route, settings, examples)
        if route.kind == "form":
            operation["requestBody"] = {"required": True, "content": {FORM: {"schema": FORM_BODY}}}
        if route is TOKEN:
            operation["requestBody"] = {"required": True, "content": {FORM: {"schema": TOKEN_REQUEST}}}
        operations[method.lower()] = operation
    return operations


def _tag(route: Route) -> str:
    if route.kind in ("predict", "form"):
        return "predictions"
    if route.name in HEALTH or route.scope == "manage":
        return "operations"
    return "credentials" if route is TOKEN else "models"


def _responses(route: Route, facts: Manifest, settings: Settings) -> Document:
    media_type = MEDIA_TYPES.get(route.name, "application/json")
    content = {media_type: {"schema": success(route, facts)}, **bulk_contents(route)}
    answer: Document = {"description": route.summary, "content": content}
    is_refused = route.name == "explain" and facts.target.unexplained is not None
    responses: Document = {} if is_refused else {"200": answer}
    if route is TOKEN:
        error = {"application/json": {"schema": TOKEN_ERROR}}
        responses |= {
            code: {"description": "Why no token was issued (RFC 6749)", "content": error} for code in ("400", "401")
        }
    if route.kind == "form":
        page = {"text/html": {"schema": {"type": "string"}}}
        responses["422"] = {"description": "The form with the errors at their fields", "content": page}
    refusals = REFUSALS.get(route.name, NAMED.get(route.name, ()))
    for kind in (*_guarding(route, settings), *refusals, "internal"):
        status, title = KINDS[kind]
        known = responses.get(str(int(status)))
        refusal = {"description": title if known is None else f"{known['description']}; {title}"}
        content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        responses[str(int(status))] = refusal | {"content": content}
    return {status: response | {"headers": _headers(status)} for status, response in responses.items()}


def _headers(status: str) -> Document:
    names = (*ALWAYS, *WITH_STATUS.get(status, ()))
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _guarding(route: Route, settings: Settings) -> list[str]:
    """The kinds of problems that the guard may raise for this route."""
    kinds = [] if settings.is_open(route) else ["unauthorized", "forbidden"]
    return [*kinds, "too-many-requests"] if settings.rate and route.name not in HEALTH else kinds
