"""`QuickPaths`: which version can answer a request inline, for a server that must know before its route is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from twinserve.service.http.paths import Patterns
from twinserve.service.http.routes import Route
from twinserve.service.inference.models.shelf import Shelf
from twinserve.service.inference.version import ModelVersion
from twinserve.service.protocols.dialect import Dialect
from twinserve.service.protocols.native import NATIVE


class QuickPaths:
    """The paths of a service, as far as they say how long an answer takes and which model is asked."""

    def __init__(self, routes: Iterable[Route], dialects: Mapping[str, Dialect]) -> None:
        """`dialects` by the names of their routes."""
        routes = list(routes)
        slow = [route.path for route in routes if _is_slow(route, dialects.get(route.name, NATIVE))]
        self._slow = tuple({path.rpartition("}")[2] for path in slow})
        """The ends of the paths whose answers take longer than a prediction."""
        self._named = Patterns(route for route in routes if "name" in route.parameters and route.scope)
        """The paths that name a model."""

    def version(self, models: Shelf, body: bytes, path: str) -> ModelVersion | None:
        """The current version of the model that is asked, if it can answer this body inline, else None; raises
        `Problem` (503) if no version of the default model is open."""
        if path.endswith(self._slow):
            return None
        named = self._named.match(path)
        if named is None:
            version = models.current()
        elif models.is_open(name := named[1]["name"]):
            version = models.current(name)
        else:
            return None  # The model is to be opened; or its name is to be decoded, or unknown, which is rare.
        return version if version.is_quick(body) else None


def _is_slow(route: Route, dialect: Dialect) -> bool:
    """Do answers to this route take longer than a prediction?"""
    may_be_heavy = dialect.composer is not None or dialect.is_light is not None
    return route.explains or route.kind == "form" or (route.kind == "predict" and may_be_heavy)
