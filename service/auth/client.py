"""Who asks, once that is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from service.routes import Scope

HeaderLookup = Callable[[str], str | None]
"""A header by its lower-case name."""


@dataclass(frozen=True)
class Client:
    """A caller and what it may do."""

    name: str
    """Not secret; stands in logs and names the caller's share of the rate."""
    scopes: frozenset[Scope]
