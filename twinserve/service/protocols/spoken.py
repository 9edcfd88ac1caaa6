"""The protocols beside the native one that the settings turn on."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from twinserve.service.http.routes import Route
from twinserve.service.protocols.dialect import Dialect
from twinserve.service.protocols.graphql.dialect import GRAPHQL
from twinserve.service.settings import BadSetting, Settings


def spoken(settings: Settings) -> tuple[Dialect, ...]:
    """These protocols; raises `BadSetting` where one needs a package that is not installed."""
    if not settings.graphql:
        return ()
    if find_spec("graphql") is None:
        raise BadSetting("TWINSERVE_GRAPHQL needs graphql-core: pip install 'twinserve[graphql]'.")
    return (GRAPHQL,)


def routes_of(settings: Settings, dialects: Iterable[Dialect]) -> tuple[Route, ...]:
    """The table of routes of a service with these dialects."""
    return (*settings.routes, *(route for dialect in dialects for route in dialect.routes))
