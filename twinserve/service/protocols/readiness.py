"""Whether a service takes requests, for the health checks of all protocols."""

from __future__ import annotations

from twinserve.service.http.problem import shutting_down
from twinserve.service.protocols.dialect import Described, Served


def require_open(service: Served) -> None:
    """Raise `Problem` (503) once the process is shutting down."""
    if service.is_draining:
        raise shutting_down()


def ready_version(service: Served) -> Described:
    """The version of the default model, which answers; raises `Problem` (503)."""
    require_open(service)
    return service.models.current()
