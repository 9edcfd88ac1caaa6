"""What the headers and the size of a request must be, before its body is looked at."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from service.problem import Problem, incomplete_body

WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
JSON_TYPE: Final = re.compile(rf"(?:application/json|{WORD}/{WORD}\+json)\Z", re.IGNORECASE)
PARAMETER: Final = re.compile(rf'[ \t]*;[ \t]*(?:({WORD})=(?:({WORD})|"((?:[^"\\]|\\.)*)"))?')
FORM: Final = "application/x-www-form-urlencoded"
MAX_FORM: Final = 16 * 1024
"""Bytes of a request for a token."""
LENGTH: Final = re.compile(r"[0-9]{1,4000}\Z")


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
    """The body of one request as it arrives; refuses it as soon as it is too large."""

    def __init__(self, content_length: str | None, limit: int) -> None:
        self._limit = limit
        self._chunks: list[bytes] = []
        self._size = 0
        self._declared = int(content_length) if content_length and LENGTH.match(content_length) else None
        if self._declared is not None:
            self._require(self._declared)

    def add(self, chunk: bytes) -> None:
        """Take what has arrived; 413 when it is too much."""
        self._size += len(chunk)
        self._require(self._size)
        self._chunks.append(chunk)

    @property
    def is_whole(self) -> bool:
        """Has all arrived that was declared? Where nothing was, that cannot be known."""
        return self._declared is not None and self._size >= self._declared

    def body(self) -> bytes:
        """The whole body; 400 when the connection ended before all of it was there."""
        if self._declared is not None and self._size < self._declared:
            raise incomplete_body()
        return b"".join(self._chunks)

    def _require(self, size: int) -> None:
        if size > self._limit:
            raise Problem(
                "too-large", f"The body may have {self._limit} bytes at most.", headers=(("Connection", "close"),)
            )
