"""Vertex AI: the routes that its variables name, over the codec of KServe V1."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Final

from twinserve.service.http.reply import Reply, json_reply
from twinserve.service.http.routes import READ, Route
from twinserve.service.protocols.dialect import Asked, Dialect, Served
from twinserve.service.protocols.documented import documented
from twinserve.service.protocols.instances.document import describe_vertex
from twinserve.service.protocols.instances.v1 import UNDOCUMENTED
from twinserve.service.protocols.readiness import ready_version
from twinserve.service.settings import BadSetting

HEALTH: Final = "AIP_HEALTH_ROUTE"
PREDICT: Final = "AIP_PREDICT_ROUTE"


def vertex() -> Dialect:
    """The dialect as the platform's variables want it; without them it has no paths. Raises `BadSetting`."""
    routes: list[Route] = []
    if health := _path(HEALTH):
        routes.append(Route("vertex_health", health, READ, None, "Vertex AI: readiness", is_probe=True))
    if predict := _path(PREDICT):
        routes.append(Route("vertex_predict", predict, ("POST",), "predict", "Vertex AI: predict", "predict"))
    reads = {"vertex_health": ready}
    dialect = replace(UNDOCUMENTED, name="vertex", routes=tuple(routes), reads=reads, takes_over=True)
    return documented(dialect, "Vertex AI", describe_vertex) if routes else dialect


def ready(service: Served, _: Asked) -> Reply:
    """The health route; raises `Problem` (503)."""
    ready_version(service)
    return json_reply({"status": "ready"})


def _path(variable: str) -> str:
    path = os.environ.get(variable, "")
    if path and (not path.startswith("/") or "{" in path or not path.isprintable() or " " in path):
        raise BadSetting(f"{variable} must be a path that begins with a slash.")
    return path
