"""Checks of a request's Content-Type, Content-Encoding and size, made before its body is parsed."""

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
KNOWN: Final = frozenset(
    {
        *("text/plain", "text/html", "text/csv", "text/xml", "text/json", "text/yaml"),
        *("application/xml", "application/yaml", "application/x-yaml", "application/x-ndjson", "application/jsonl"),
        *("application/ndjson", "application/x-jsonlines", "application/x-parquet", "application/parquet"),
        *("application/octet-stream", "application/csv", "application/pdf", "application/msgpack", "application/cbor"),
        *("application/x-protobuf", "application/protobuf", "application/grpc", "application/javascript"),
        *("application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.file", "application/vnd.apache.parquet"),
        *("application/graphql", "application/x-npy", "application/zip", "application/gzip"),
        *(FORM, "multipart/form-data", "multipart/mixed"),
    }
)
"""Media types that are named in a refusal."""
MAX_FORM: Final = 16 * 1024
"""Bytes; the maximum size of the body of a token request."""
LENGTH: Final = re.compile(r"[0-9]{1,4000}\Z")
SMALL: Final = 64 * 1024
"""Bytes; a body up to this size is not counted against `Room`: all requests in flight together then hold little."""


def require_plain(content_encoding: str | None) -> None:
    """Raise `Problem` (415) for a compressed body."""
    if content_encoding and content_encoding.strip().lower() != "identity":
        raise Problem("unsupported-media-type", "Content-Encoding must be identity.")


def require_json(content_type: str | None, content_encoding: str | None) -> None:
    """Raise `Problem` (415) unless the headers say that the body is uncompressed JSON."""
    require_plain(content_encoding)
    if content_type is None or not is_json(content_type):
        raise not_among("application/json", content_type)


def not_among(types: str, content_type: str | None) -> Problem:
    """415: the Content-Type is none of these, or names another charset than UTF-8."""
    return Problem("unsupported-media-type", f"Content-Type must be {types}, in UTF-8{_came(content_type)}.")


def require_form(content_type: str | None, content_encoding: str | None) -> None:
    """Raise `Problem` (415) unless the headers say that the body is an uncompressed form, in UTF-8."""
    require_plain(content_encoding)
    media_type, _, _ = (content_type or "").partition(";")
    if media_type.strip(" \t").lower() != FORM:
        raise Problem("unsupported-media-type", f"Content-Type must be {FORM}, in UTF-8{_came(content_type)}.")


def _came(content_type: str | None) -> str:
    """What was sent instead: its name where it is one of `KNOWN`, as anything else may hold what nobody should read."""
    if content_type is None:
        return "; none was sent"
    media_type = content_type.partition(";")[0].strip(" \t").lower()
    if JSON_TYPE.match(media_type):
        return "; another charset was sent"
    return f"; {media_type} was sent" if media_type in KNOWN else "; another type was sent"


@lru_cache(maxsize=256)
def is_json(content_type: str) -> bool:
    """Is this a type of JSON, in UTF-8?"""
    return bool(JSON_TYPE.match(content_type.partition(";")[0].strip(" \t"))) and is_utf8(content_type)


def is_utf8(content_type: str) -> bool:
    """Are the parameters of this media type well-formed, and is its charset UTF-8, if it names one?"""
    position = len(content_type.partition(";")[0])
    while position < len(content_type):
        match = PARAMETER.match(content_type, position)
        if match is None:
            return not content_type[position:].strip(" \t")
        name, value = (match[1] or "").lower(), (match[2] or match[3] or "").lower()
        if name == "charset" and value not in ("utf-8", "utf8"):
            return False
        position = match.end()
    return True


class Receipt:
    """Collects the body of one request as it arrives; raises `Problem` as soon as it is too large (413) or there is no
    memory for it (503).

    A context manager: its share of `Room` is released on exit.
    """

    def __init__(self, content_length: str | None, limit: int, room: Room) -> None:
        self.limit = limit
        """Bytes that the body may have."""
        self._room = room
        self._held: Held | None = None
        self._only = b""
        """The body so far, if it arrived in one piece."""
        self._arrived: BytesIO | None = None
        """The body so far, if it arrived in several pieces; joining a list of them would hold the body twice."""
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
        """Add a piece that has arrived; raises `Problem`: 413 if the body is too large, 503 if no memory is free."""
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
        """Accept a whole body that the server already holds in memory; raises `Problem` (413) if it is too large."""
        self._require(len(body))
        return body

    @property
    def is_whole(self) -> bool:
        """Has the declared length arrived? False if none was declared."""
        return self._declared is not None and self._size >= self._declared

    def body(self) -> bytes:
        """The whole body; raises `Problem` (400) if the connection ended before the declared length arrived."""
        if self._declared is not None and self._size < self._declared:
            raise incomplete_body()
        return self._only if self._arrived is None else self._arrived.getvalue()

    def _require(self, size: int) -> None:
        if size > self.limit:
            raise too_large(self.limit)


def too_large(limit: int) -> Problem:
    """413; closes the connection, because the rest of the body is not read."""
    return Problem("too-large", f"The body must not exceed {limit} bytes.", headers=(("Connection", "close"),))
