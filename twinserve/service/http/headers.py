"""`HeaderLookup`: how the service reads a request's headers, whatever the door."""

from __future__ import annotations

from collections.abc import Callable

HeaderLookup = Callable[[str], str | None]
"""Returns a header's value by its lower-case name; None if it was not sent."""


def NO_HEADERS(_: str) -> None:  # noqa: N802  # A constant that is called.
    """The lookup of a request without headers."""
