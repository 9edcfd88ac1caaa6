"""`Reply`: status, headers and body of an answer, for the door to send."""

from __future__ import annotations

import json
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final, NamedTuple

JSON: Final = "application/json"
Header = tuple[str, str]

# Added to every reply that does not set these headers: replies are not stored, nor run as a script or a page.
COMMON: Final[tuple[Header, ...]] = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))


class Reply(NamedTuple):
    """Status, headers and body of an answer; immutable, so one reply can answer many requests."""

    status: HTTPStatus
    body: bytes
    media_type: str | None = JSON
    """The Content-Type; None if there is no body."""
    headers: tuple[Header, ...] = ()
    """Headers of this reply besides `COMMON`."""

    @property
    def fixed(self) -> tuple[Header, ...]:
        """The headers that do not depend on the request; `Exchange.finish` returns those that do."""
        return _fixed(self.media_type, self.headers)


def json_reply(value: Any, media_type: str = JSON, *, indent: int | None = None) -> Reply:
    """200 with a value as JSON."""
    separators = (",", ":") if indent is None else None
    return Reply(HTTPStatus.OK, json.dumps(value, indent=indent, separators=separators).encode(), media_type)


class StreamedReply(NamedTuple):
    """A reply whose body is sent while it is made; an error cuts the body off, without the last chunk."""

    status: HTTPStatus
    pieces: Any
    """An iterator of bytes; an asynchronous one for an asynchronous door."""
    media_type: str
    headers: tuple[Header, ...] = ()

    @property
    def fixed(self) -> tuple[Header, ...]:
        """The headers that do not depend on the request; `Exchange.finish` returns those that do."""
        return _fixed(self.media_type, self.headers)


@lru_cache(maxsize=256)
def _fixed(media_type: str | None, headers: tuple[Header, ...]) -> tuple[Header, ...]:
    content = () if media_type is None else (("Content-Type", media_type),)
    own = {name for name, _ in headers}
    return (*content, *headers, *(header for header in COMMON if header[0] not in own))
