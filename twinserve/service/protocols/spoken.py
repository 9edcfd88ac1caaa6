"""The protocols beside the native one: those that the settings turn on, and those that a door in a host speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec

from twinserve.service.http.routes import Route
from twinserve.service.protocol_names import DIALECTS, split, unknown
from twinserve.service.protocols.dialect import Dialect
from twinserve.service.protocols.graphql.dialect import GRAPHQL
from twinserve.service.settings import BadSetting, Settings


def spoken(settings: Settings) -> tuple[Dialect, ...]:
    """The protocols that the settings turn on; raises `BadSetting` where one needs a package that is not installed."""
    dialects = tuple(load(name) for name in split(settings.protocols))
    if not settings.graphql:
        return dialects
    if find_spec("graphql") is None:
        raise BadSetting("TWINSERVE_GRAPHQL needs graphql-core: pip install 'twinserve[graphql]'.")
    return (*dialects, GRAPHQL)


def load(name: str) -> Dialect:
    """A dialect of the table; raises `BadSetting` for a name that is not in it."""
    if name not in DIALECTS:
        raise BadSetting(f"{unknown(name)}.")
    module, _, constant = DIALECTS[name].partition(":")
    found: Dialect | Callable[[], Dialect] = getattr(import_module(module), constant)
    return found if isinstance(found, Dialect) else found()


def chosen(dialects: Sequence[Dialect], names: Iterable[str] | None) -> tuple[Dialect, ...]:
    """The dialects that a door speaks: the named ones, and GraphQL, which has a setting of its own; None: all.

    Raises `BadSetting` for a name that is none of them."""
    if names is None:
        return tuple(dialects)
    known, wanted = {dialect.name: dialect for dialect in dialects}, set(names)
    for name in sorted(wanted - known.keys()):
        if name in DIALECTS:
            raise BadSetting(f"TWINSERVE_PROTOCOLS leaves out {name}, which the app asks for.")
        raise BadSetting(f"{unknown(name)}.")
    return tuple(dialect for dialect in dialects if dialect.name in wanted or dialect is GRAPHQL)


class Protocols:
    """The dialects of a service, and those that its doors speak."""

    def __init__(self, settings: Settings, dialects: Iterable[Dialect]) -> None:
        self._settings, self._dialects = settings, tuple(dialects)
        self._mounted: tuple[Dialect, ...] = ()
        self.routes = routes_of(settings, self._dialects)
        """Of what the doors speak; of all dialects until there is one."""
        self.paths = frozenset(route.path for route in self.routes)

    def mount(self, names: Iterable[str] | None = None) -> tuple[Route, ...]:
        """The routes for a door that speaks these protocols beside our own, None: all. Raises `BadSetting` for a
        protocol that this service does not speak."""
        dialects = chosen(self._dialects, names)
        self._mounted = tuple(one for one in self._dialects if one in self._mounted or one in dialects)
        self.routes = routes_of(self._settings, self._mounted)
        self.paths = frozenset(route.path for route in self.routes)
        return routes_of(self._settings, dialects)


def routes_of(settings: Settings, dialects: Iterable[Dialect]) -> tuple[Route, ...]:
    """The table of routes of a service with these dialects. Where two have a path, such as `/ping`, the first one has
    it, or one that takes over."""
    dialects = list(dialects)
    first = [dialect.routes for dialect in dialects if dialect.takes_over]
    taken = {route.path for routes in first for route in routes}
    table: list[Route] = []
    for routes in (settings.routes, *(dialect.routes for dialect in dialects if not dialect.takes_over)):
        free = [route for route in routes if route.path not in taken]
        taken |= {route.path for route in free}
        table += free
    return (*table, *(route for routes in first for route in routes))
