"""The OpenAPI 3.1 document of the service, made from the signature and the table of routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from twinserve.service.documents.answers import POINTER, parameters, path_parameters, request_body, schemas, success
from twinserve.service.documents.responses import HEADERS, PREDICTING, guarding, headers_of
from twinserve.service.documents.schemas import COUNT, TEXT, Document, list_of, named, object_of
from twinserve.service.documents.security import TOKEN_ERROR, TOKEN_REQUEST, security, security_schemes
from twinserve.service.documents.tags import tag_of, tags
from twinserve.service.http.body import FORM
from twinserve.service.http.problem import KINDS, PROBLEM_JSON
from twinserve.service.http.reply import JSON
from twinserve.service.http.routes import BY_NAME, TOKEN, Route
from twinserve.service.settings import Settings
from twinserve.store.examples import Example
from twinserve.store.manifest import Manifest

VERSION: Final = "3.1.0"
LICENSE: Final[Document] = {"name": "MIT", "identifier": "MIT"}
OF_PROTOCOLS: Final = "/openapi/"
"""Where the documents of other protocols are."""
INSTANCE: Final = "#/components/schemas/Instance"

PROBLEM_ERROR: Final = object_of(
    {
        "pointer": POINTER,
        "parameter": TEXT | {"description": "The query parameter, where one is invalid."},
        "code": TEXT,
        "detail": TEXT,
    },
    optional=("pointer", "parameter"),
)
PROBLEM: Final = object_of(
    {
        "type": TEXT | {"format": "uri-reference"},
        "title": TEXT,
        "status": COUNT,
        "detail": TEXT,
        "instance": TEXT | {"description": "The request's id."},
        "errors": list_of(named("ProblemError")),
    }
) | {"description": "Problem details, RFC 9457."}
# The kinds of problems of each route; any route may also fail with 500.
REFUSALS: Final[Mapping[str, tuple[str, ...]]] = {
    "predict": (*PREDICTING, "invalid-parameter", "not-implemented"),
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
FORM_BODY: Final[Document] = {
    "type": "object",
    "description": "Each field by its JSON Pointer, as text.",
    "additionalProperties": {"type": "string"},
}
MEDIA_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "schema": ("application/schema+json",),
    "docs": ("text/html",),
    "metrics": ("text/plain",),
    "form": ("text/html",),
    "card": ("text/html",),
    "named_card": ("text/html",),
    "named_schema": ("application/schema+json",),
    "live_page": ("text/html",),
    "asset": ("text/css", "text/javascript", "image/svg+xml"),
}


def openapi(
    instance: Document,
    facts: Manifest,
    settings: Settings,
    examples: Sequence[Example] = (),
    *,
    routes: Sequence[Route],
    root: str = ".",
) -> Document:
    """The document of the routes of our own JSON among these, with this JSON Schema of an instance and these examples
    of one. Of other protocols it says where their documents are.

    Its URLs are relative to its own, so they hold behind any prefix, also one that a proxy strips; `root` is the way
    from there to the service."""
    described = {
        "Instance": _moved({key: value for key, value in instance.items() if key != "$schema"}),
        **schemas(facts, settings),
        "Problem": PROBLEM,
        "ProblemError": PROBLEM_ERROR,
    }
    security_document = security_schemes(settings, root)
    components: Document = {"schemas": described, "headers": HEADERS}
    if security_document:
        components["securitySchemes"] = security_document
    paths: Document = {}
    for route in routes:
        if BY_NAME.get(route.name) is not None:
            paths.setdefault(route.path, {}).update(_path(route, facts, settings, security_document, examples))
    about = f"Predictions of the model {facts.name!r} ({facts.task})."
    return {
        "openapi": VERSION,
        "info": {
            "title": f"Twinserve: {facts.name}",
            "version": "1",
            "description": " ".join([about, *_elsewhere(routes)]),
            "license": LICENSE,
        },
        "servers": [{"url": "./"}],
        "tags": tags({operation["tags"][0] for path in paths.values() for operation in path.values()}),
        **({} if security_document else {"security": []}),
        "paths": paths,
        "components": components,
    }


def _elsewhere(routes: Sequence[Route]) -> list[str]:
    """A sentence with links to the other documents."""
    paths = [route.path.removeprefix("/") for route in routes if route.path.startswith(OF_PROTOCOLS)]
    links = ", ".join(f"[{path}]({path})" for path in paths)
    return [f"Requests in bulk and other protocols have documents of their own: {links}."] if links else []


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
            "tags": [tag_of(route)],
            "responses": _responses(route, facts, settings),
        }
        if schemes:
            operation["security"] = security(route, settings, schemes)
        if taken := [*path_parameters(route), *parameters(route, facts)]:
            operation["parameters"] = taken
        if route.kind == "predict":
            operation["requestBody"] = request_body(route, examples)
        if route.kind == "form":
            operation["requestBody"] = {"required": True, "content": {FORM: {"schema": FORM_BODY}}}
        if route is TOKEN:
            operation["requestBody"] = {"required": True, "content": {FORM: {"schema": TOKEN_REQUEST}}}
        operations[method.lower()] = operation
    return operations


def _responses(route: Route, facts: Manifest, settings: Settings) -> Document:
    media_types = MEDIA_TYPES.get(route.name, (JSON,))
    content: Document = {media_type: {"schema": success(route)} for media_type in media_types}
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
    for kind in (*guarding(route, settings), *refusals, "internal"):
        status, title = KINDS[kind]
        known = responses.get(str(int(status)))
        refusal = {"description": title if known is None else f"{known['description']}; {title}"}
        responses[str(int(status))] = refusal | {"content": {PROBLEM_JSON: {"schema": named("Problem")}}}
    return {status: response | {"headers": headers_of(status)} for status, response in responses.items()}
