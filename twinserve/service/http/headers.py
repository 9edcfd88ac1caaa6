"""How a door looks a request's header up."""

from __future__ import annotations

from collections.abc import Callable

HeaderLookup = Callable[[str], str | None]
"""A header's value by its lower-case name."""


def NO_HEADERS(_: str) -> None:  # noqa: N802  # A constant that is called.
    """The headers of a request that has none."""
