"""All models of a service, for protocols that list them in one answer."""

from __future__ import annotations

from typing import Final

from twinserve.service.protocols.dialect import Asked, Listed, Served

AT_ONCE: Final = 1000
"""Models that are looked up at once."""


def all_models(service: Served, asked: Asked) -> list[Listed]:
    """Those that the caller may ask for, however many there are."""
    found: list[Listed] = []
    after: str | None = ""
    while after is not None:
        part, after = service.models.listed(after, AT_ONCE, asked.allowed)
        found += part
    return found
