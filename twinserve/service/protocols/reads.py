"""What answers the native routes of the kind `read`, by route name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from twinserve.service import pages
from twinserve.service.auth.credential import is_page, must_ask
from twinserve.service.documents.bulk import bulk_openapi
from twinserve.service.http.parameters import LISTED
from twinserve.service.http.problem import Problem, no_such_path
from twinserve.service.http.reply import Reply, json_reply
from twinserve.service.http.routes import Route
from twinserve.service.pages.frame import root_of
from twinserve.service.protocols.dialect import Asked, Read, Served
from twinserve.service.protocols.readiness import ready_version
from twinserve.service.telemetry.metrics import CONTENT_TYPE


def index(service: Served, asked: Asked) -> Reply:
    """`GET /`: for people the page, for programs all paths, relative to this one."""
    route = _route(service, "index")
    if is_page(route, asked.header):
        return _page(service, asked, route, pages.index)
    varies = (("Vary", "Accept"),) if route.page else ()
    paths = [
        {"path": route.path.removeprefix("/") or ".", "methods": list(route.methods), "summary": route.summary}
        for route in service.routes
    ]
    # `status` is what a client of KServe V1 looks for at this path.
    return json_reply({"service": "twinserve", "status": "alive", "paths": paths}, indent=1)._replace(headers=varies)


def card(service: Served, asked: Asked) -> Reply:
    """`GET /card`: the model card as a page, or as Markdown for a caller that prefers it."""
    return _page(service, asked, _route(service, "named_card" if "name" in asked.parameters else "card"), pages.card)


def live_page(service: Served, asked: Asked) -> Reply:
    """`GET /live`: the page that shows the metrics."""
    return _page(service, asked, _route(service, "live_page"), pages.live)


def asset(_service: Served, asked: Asked) -> Reply:
    """`GET /assets/{name}`: a style or script of the pages; raises `Problem` (404)."""
    found = pages.assets().get(asked.parameters["name"])
    if found is None:
        raise no_such_path()
    return found.reply(asked.header)


def _route(service: Served, name: str) -> Route:
    return next(route for route in service.routes if route.name == name)


def _page(service: Served, asked: Asked, route: Route, make: pages.Make) -> Reply:
    """The page of a path, or the one that asks for credentials, or the one that says that no model is loaded."""
    name = route.name.removesuffix("_page").removeprefix("named_")
    if must_ask(service.settings, route, asked.header):
        return pages.shell(name, service.settings, root_of(route)).reply(asked.header)
    try:
        version = service.models.current(asked.parameters.get("name"))
    except Problem as problem:
        if not is_page(route, asked.header):
            raise
        service.metrics.problems.labels(problem.kind).inc()  # Told on a page, which is no refusal.
        return pages.unavailable(name, service.settings, problem, root_of(route))
    return make(service.settings, route, version, asked.header)


def live(_service: Served, _: Asked) -> Reply:
    """`GET /health/live`: as long as the process answers at all."""
    return Reply(HTTPStatus.OK, b'{"status":"alive"}')


def ready(service: Served, _: Asked) -> Reply:
    """`GET /health/ready`: the version that answers, and the state of a new champion; raises `Problem` (503)."""
    version = ready_version(service)
    return json_reply(
        {"status": "ready", "model": version.model, "version": version.version, **service.models.progress()}
    )


def models(service: Served, asked: Asked) -> Reply:
    """`GET /models`: which there are, in the order of their names."""
    after, limit = asked.query.get("after", ""), asked.query.get("limit", LISTED)
    listed, further = service.models.listed(after, limit, asked.allowed)
    default = service.settings.model
    return json_reply({"default": default, "models": [model._asdict() for model in listed], "next": further})


def model(service: Served, asked: Asked) -> Reply:
    """`GET /model`: the facts of the version that answers, and the hold of a rollback while there is one."""
    name = asked.parameters.get("name")
    description, hold = service.models.current(name).description, service.models.hold(name)
    if hold is None:
        return description
    held = b',"hold":' + json.dumps(hold, separators=(",", ":")).encode()
    return description._replace(body=description.body[:-1] + held + b"}")


def schema(service: Served, asked: Asked) -> Reply:
    """`GET /schema`."""
    return service.models.current(asked.parameters.get("name")).schema


READS: Final[Mapping[str, Read]] = {
    "models": models,
    "named_model": model,
    "named_schema": schema,
    "named_openapi": lambda service, asked: service.models.current(asked.parameters["name"]).own_openapi,
    "named_card": card,
    "schema": schema,
    "openapi": lambda service, _: service.models.current().openapi(service.routes),
    "bulk_openapi": lambda service, _: json_reply(bulk_openapi(service.settings)),
    "docs": lambda service, asked: pages.docs(has_pages=service.settings.pages).reply(asked.header),
    "model": model,
    "live": live,
    "healthz": live,
    "livez": live,
    "ready": ready,
    "readyz": ready,
    "metrics": lambda service, _: Reply(HTTPStatus.OK, service.metrics.render(), CONTENT_TYPE),
    "index": index,
    "card": card,
    "live_page": live_page,
    "asset": asset,
}
