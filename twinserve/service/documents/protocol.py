"""The OpenAPI document of a protocol beside our own JSON, from its routes and what it says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from twinserve.service.documents.answers import path_parameters
from twinserve.service.documents.openapi import LICENSE, VERSION
from twinserve.service.documents.responses import HEADERS, guarding, headers_of
from twinserve.service.documents.security import security, security_schemes
from twinserve.service.documents.tags import tag_of, tags
from twinserve.service.http.problem import KINDS, Problem
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import Route
from twinserve.service.settings import Settings

Document = dict[str, Any]
UNTAKEN: Final = "This encoding, or this type, of the body is not taken"


@dataclass(frozen=True)
class Operation:
    """What one route of a protocol takes and answers."""

    answers: Document
    """The schema of a 200's body by its media type; none for a body that says nothing."""
    takes: Document = field(default_factory=dict)
    """The schema of the request's body by its media type."""
    refusals: tuple[str, ...] = ()
    """The kinds of problems, besides those of the guard and a fault."""
    parameters: tuple[Document, ...] = ()
    """Those besides the parts of the path."""
    headers: Document = field(default_factory=dict)
    """Those of a 200 besides the ones of every response."""


@dataclass(frozen=True)
class Description:
    """What a protocol says of itself."""

    title: str
    about: str
    operations: Mapping[str, Operation]
    """By route name."""
    schemas: Document
    """The components; `Refusal` is the body of each refusal."""


def protocol_openapi(
    description: Description, routes: Iterable[Route], refuse: Callable[[Problem, str], Reply], settings: Settings
) -> Document:
    """The document of these routes, whose URLs are relative to the folder above its own."""
    schemes = security_schemes(settings)
    components: Document = {"schemas": description.schemas, "headers": HEADERS}
    if schemes:
        components["securitySchemes"] = schemes
    routes = list(routes)
    paths: Document = {}
    for route in routes:
        described = _operation(route, description.operations[route.name], refuse, settings)
        if schemes:
            described["security"] = security(route, settings, schemes)
        paths.setdefault(route.path, {})[route.methods[0].lower()] = described
    return {
        "openapi": VERSION,
        "info": {"title": description.title, "version": "1", "description": description.about, "license": LICENSE},
        "servers": [{"url": "../"}],
        "tags": tags({tag_of(route) for route in routes}),
        **({} if schemes else {"security": []}),
        "paths": paths,
        "components": components,
    }


def _operation(
    route: Route, operation: Operation, refuse: Callable[[Problem, str], Reply], settings: Settings
) -> Document:
    """The first method of a route; HEAD is as GET."""
    described: Document = {"operationId": route.name, "summary": route.summary, "tags": [tag_of(route)]}
    if parameters := [*path_parameters(route), *operation.parameters]:
        described["parameters"] = parameters
    if operation.takes:
        described["requestBody"] = {"required": True, "content": _content(operation.takes)}
    answer: Document = {"description": route.summary, "headers": {**headers_of("200"), **operation.headers}}
    if operation.answers:
        answer["content"] = _content(operation.answers)
    responses: Document = {"200": answer}
    for kind in (*guarding(route, settings), *operation.refusals, "internal"):
        reply = refuse(Problem(kind, ""), "")
        status = str(int(reply.status))
        title = UNTAKEN if kind == "unsupported-media-type" else KINDS[kind][1]
        told = f"{responses[status]['description']}; {title}" if status in responses else title
        error = {"schema": {"$ref": "#/components/schemas/Refusal"}}
        responses[status] = {"description": told, "headers": headers_of(status), "content": {reply.media_type: error}}
    return described | {"responses": responses}


def _content(schemas: Document) -> Document:
    return {media_type: {"schema": schema} for media_type, schema in schemas.items()}
