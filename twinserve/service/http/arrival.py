"""`Arrival`: reads one request as its bytes arrive: head, body, and where the request ends.

Both doors pass only what is accepted here to their own parsers, so both accept the same requests.
"""

from __future__ import annotations

from typing import Final

from twinserve.service.http.chunks import Chunks
from twinserve.service.http.head import END, Head, read_head, require_beginning
from twinserve.service.http.problem import Problem

LINE_END: Final = b"\r\n"
NOTHING: Final = (b"", b"\r")


class Arrival:
    """Reads one request incrementally: call `add` with each piece of data, then look at the attributes."""

    __slots__ = (
        "_chunks",
        "_has_skipped",
        "_left",
        "_looked_at",
        "_max_head",
        "head",
        "is_whole",
        "kept",
        "problem",
        "rest",
    )

    def __init__(self, max_head: int) -> None:
        self._max_head = max_head
        self._chunks: Chunks | None = None
        self._left = 0
        self._looked_at = 0
        self._has_skipped = False
        """Has an empty line before the request been skipped?"""
        self.head: Head | None = None
        """The head, once it has arrived completely."""
        self.kept = b""
        """The bytes of a head that has not arrived completely."""
        self.is_whole = False
        """Has the whole request arrived?"""
        self.problem: Problem | None = None
        """The error in the request (400, 431, 501): in its head while `head` is None, else in its body."""
        self.rest = 0
        """How many of the last bytes added belong to the next request."""

    @property
    def has_begun(self) -> bool:
        """Has any of the request arrived? An empty line before it does not count, nor does half of one."""
        return self.kept not in NOTHING or self.head is not None

    def add(self, data: bytes, position: int = 0) -> bytes:
        """Read these bytes from index `position` on; returns the part of the body that they contain."""
        try:
            if self.head is None:
                if self.kept:
                    data, position = self.kept + data[position:], 0
                position = self._add_to_head(data, position)
                if self.head is None:
                    return b""
            if self._chunks is not None:
                return self._add_to_chunks(self._chunks, data[position:])
        except Problem as problem:
            self.problem = problem
            return b""
        there = len(data) - position
        if there <= self._left:
            self._left -= there
            self.is_whole = not self._left
            return data[position:]
        end = position + self._left
        self.is_whole, self.rest = True, len(data) - end
        return data[position:end]

    def _add_to_chunks(self, chunks: Chunks, data: bytes) -> bytes:
        body = chunks.add(data)
        self.is_whole, self.rest = chunks.is_whole, len(chunks.rest)
        return body

    def _add_to_head(self, data: bytes, position: int) -> int:
        """Read more of the head; returns the index in `data` at which the rest begins."""
        if not self._has_skipped and data.startswith(LINE_END, position):
            self._has_skipped = True  # Some clients send one after a body (RFC 9112 section 2.2).
            position += 2
        had, self.kept = len(self.kept), b""
        parsed = read_head(data, position) if not had or data.find(END, max(0, had - 3)) >= 0 else None
        end = len(data) if parsed is None else parsed[1]
        if end - position > self._max_head:
            raise head_too_large(self._max_head)
        if parsed is None:
            self.kept = data[position:]
            require_beginning(self.kept, self._looked_at)
            self._looked_at = max(0, len(self.kept) - 1)
            return end
        self.head = parsed[0]
        self._left = self.head.length
        if self.head.is_chunked:
            self._chunks = Chunks()
        return end


def head_too_large(limit: int) -> Problem:
    """431: the request line and headers exceed `limit` bytes."""
    detail = f"A request line and its headers must not exceed {limit} bytes."
    return Problem("head-too-large", detail, headers=(("Connection", "close"),))
