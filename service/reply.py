"""What a door renders."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final, NamedTuple

JSON: Final = "application/json"
Header = tuple[str, str]


class Reply(NamedTuple):
    """Status, headers and bytes of an answer; immutable, so one reply may answer many requests."""

    status: HTTPStatus
    body: bytes
    media_type: str | None = JSON
    """None where there is no body."""
    headers: tuple[Header, ...] = ()
    """What this answer needs beyond the headers that every answer carries."""
