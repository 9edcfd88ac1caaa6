"""The functions that answer the native routes of the kind `read`, by route name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from twinserve.service import pages
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import Route
from twinserve.service.protocols.dialect import Read


def index(routes: Sequence[Route]) -> Reply:
    """`GET /`: all paths, relative to this one."""
    content = [
        {"path": route.path.removeprefix("/") or ".", "methods": list(route.methods), "summary": route.summary}
        for route in routes
    ]
    return Reply(HTTPStatus.OK, json.dumps({"service": "twinserve", "paths": content}, indent=1).encode())


READS: Final[Mapping[str, Read]] = {
    "schema": lambda service, _: service.schema(),
    "openapi": lambda service, asked: service.openapi(asked.base),
    "docs": lambda _service, _: pages.docs(),
    "model": lambda service, _: service.model(),
    "live": lambda service, _: service.live(),
    "ready": lambda service, _: service.ready(),
    "metrics": lambda service, _: service.metrics(),
    "index": lambda service, _: index(service.routes),
}
