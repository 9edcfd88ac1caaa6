"""How a door looks a request's header up."""

from __future__ import annotations

from collections.abc import Callable

HeaderLookup = Callable[[str], str | None]
"""A header by its lower-case name."""
