"""Who asks, once that is known."""

from __future__ import annotations

from dataclasses import dataclass

from twinserve.service.http.routes import Scope


@dataclass(frozen=True)
class Client:
    """A caller and what it may do."""

    name: str
    """Not secret; stands in logs and names the caller's share of the rate."""
    scopes: frozenset[Scope]
