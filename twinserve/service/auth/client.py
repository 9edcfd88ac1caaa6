"""`Client`: an authenticated caller."""

from __future__ import annotations

from dataclasses import dataclass

from twinserve.service.http.routes import Scope


@dataclass(frozen=True)
class Client:
    """An authenticated caller and its scopes."""

    name: str
    """Not secret: it is logged, and its requests are counted against the rate under this name."""
    scopes: frozenset[Scope]
    models: frozenset[str] | None = None
    """The models that it may ask for; None: all."""
