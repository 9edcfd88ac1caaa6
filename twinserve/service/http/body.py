"""What the headers and the size of a request must be, before its body is looked at."""

from __future__ import annotations

import re
from functools import lru_cache
from io import BytesIO
from typing import Final, Self

from twinserve.service.http.buffer import Held, Room
from twinserve.service.http.problem import Problem, incomplete_body

WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
JSON_TYPE: Final = re.compile(rf"(?:application/json|{WORD}/{WORD}\+json)\Z", re.IGNORECASE)
PARAMETER: Final = re.compile(rf'[ \t]*;[ \t]*(?:({WORD})=(?:({WORD})|"((?:[^"\\]|\\.)*)"))?')
FORM: Final = "application/x-www-form-urlencoded"
MAX_FORM: Final = 16 * 1024
"""Bytes of a request for a token."""
LENGTH: Final = re.compile(r"[0-9]{1,4000}\Z")
SMALL: Final = 64 * 1024
"""Bytes of a body for which there is always room: as many requests as may be in flight hold little of that size."""


def require_json(content_type: str | None, content_encoding: str | None) -> None:
    """415 unless the body says that it is plain JSON."""
    if content_encoding and content_encoding.strip().lower() != "identity":
        raise Problem("unsupported-media-type", "Content-Encoding must be identity.")
    if content_type is None or not _is_json(content_type):
        raise Problem("unsupported-media-type", "Content-Type must be application/json, in UTF-8.")


@lru_cache(maxsize=256)
def _is_json(content_type: str) -> bool:
    media_type, _, _ = content_type.partition(";")
    if not JSON_TYPE.match(media_type.strip(" \t")):
        return False
    position = len(media_type)
    while position < len(content_type):
        found = PARAMETER.match(content_type, position)
        if found is None:
            return not content_type[position:].strip(" \t")
        name, value = (found[1] or "").lower(), (found[2] or found[3] or "").lower()
        if name == "charset" and value not in ("utf-8", "utf8"):
            return False
        position = found.end()
    return True


class Receipt:
    """The body of one request as it arrives; refuses it as soon as it is too large, or nobody has room for it.

    What it holds is given back when it is left as a context.
    """

    def __init__(self, content_length: str | None, limit: int, room: Room) -> None:
        self._limit, self._room = limit, room
        self._held: Held | None = None
        self._only = b""
        """All that has arrived, while it is one piece."""
        self._arrived: BytesIO | None = None
        """All pieces; no list, as joining would hold all of it twice."""
        self._size = 0
        self._declared = int(content_length) if content_length and LENGTH.match(content_length) else None
        if self._declared is not None:
            self._require(self._declared)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._held is not None:
            self._held.set(0)

    def add(self, chunk: bytes) -> None:
        """Take what has arrived; 413 when it is too much, 503 when there is no room."""
        before, self._size = self._size, self._size + len(chunk)
        self._require(self._size)
        if self._size > SMALL:
            if self._held is None:
                self._held = Held(self._room)
            self._held.set(self._size)
        if not before:
            self._only = chunk
            return
        if self._arrived is None:
            self._arrived = BytesIO()
            self._arrived.write(self._only)
        self._arrived.write(chunk)

    def take(self, body: bytes) -> bytes:
        """The whole body, which the server has and holds already; 413 when it is too much."""
        self._require(len(body))
        return body

    @property
    def is_whole(self) -> bool:
        """Has all arrived that was declared? Where nothing was, that cannot be known."""
        return self._declared is not None and self._size >= self._declared

    def body(self) -> bytes:
        """The whole body; 400 when the connection ended before all of it was there."""
        if self._declared is not None and self._size < self._declared:
            raise incomplete_body()
        return self._only if self._arrived is None else self._arrived.getvalue()

    def _require(self, size: int) -> None:
        if size > self._limit:
            raise too_large(self._limit)


def too_large(limit: int) -> Problem:
    """413, and the connection closes, as the rest of the body is not read."""
    return Problem("too-large", f"The body may have {limit} bytes at most.", headers=(("Connection", "close"),))
