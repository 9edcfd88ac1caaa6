"""`Patterns`: the paths of which callers choose parts. `Plain`: what answers paths without a framework."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from twinserve.service.http.routes import PART, Route

EACH_PART: Final = re.compile(r"(\{\w+\})")
NO_VALUES: Final[Mapping[str, str]] = MappingProxyType({})
MOST_KEPT: Final = 4096
"""Paths that are kept."""
LONGEST_KEPT: Final = 200
"""Characters of a path; a longer one names no model."""
AnswerT = TypeVar("AnswerT")


class Patterns:
    """The paths with parameters of some routes, as one regular expression."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = {route.path: route.parameters for route in routes if route.parameters}
        self._paths = [*self._routes]
        patterns = [f"(?P<p{number}>{_pattern(path)})" for number, path in enumerate(self._paths)]
        self._pattern = re.compile(rf"(?:{'|'.join(patterns)})\Z") if patterns else None
        self.match = lru_cache(maxsize=MOST_KEPT)(self._match)
        """See `_match`. A path that comes often is matched once, which saves 3 us of a request's 50."""

    def _match(self, path: str) -> tuple[str, Mapping[str, str]] | None:
        """The path as the table of routes has it, and the values of its parameters; None if it is no such path, or one
        that only a framework reads as it should."""
        if self._pattern is None or not path.isascii() or len(path) > LONGEST_KEPT:
            return None
        found = self._pattern.match(path)
        if found is None or found.lastgroup is None:
            return None
        first = self._pattern.groupindex[found.lastgroup]
        path = self._paths[int(found.lastgroup[1:])]
        names = self._routes[path]
        return path, MappingProxyType(dict(zip(names, found.groups()[first : first + len(names)], strict=True)))


def _pattern(path: str) -> str:
    """A path as a regular expression; a part that callers choose is not empty and has no slash."""
    return "".join("([^/]+)" if PART.fullmatch(part) else re.escape(part) for part in EACH_PART.split(path))


class Plain(Generic[AnswerT]):
    """What answers some routes without a framework, by method and path."""

    def __init__(self, routes: Iterable[Route], make: Callable[[Route], AnswerT]) -> None:
        routes = list(routes)
        by_path = {(method, route.path): make(route) for route in routes for method in route.methods}
        chosen = {route.path for route in routes if route.parameters}
        self.keys = tuple(by_path)
        """Methods and paths, as the table has them."""
        self._exact = {key: answering for key, answering in by_path.items() if key[1] not in chosen}
        self._patterned = {key: answering for key, answering in by_path.items() if key[1] in chosen}
        self._patterns = Patterns(routes)

    def find(self, method: str, path: str) -> tuple[AnswerT, Mapping[str, str]] | None:
        """What answers a request, and the values of the path's parameters."""
        answering = self._exact.get((method, path))
        if answering is not None:
            return answering, NO_VALUES
        found = self._patterns.match(path)
        answering = None if found is None else self._patterned.get((method, found[0]))
        return None if found is None or answering is None else (answering, found[1])
