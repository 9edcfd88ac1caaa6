"""One request on its way in: where its head ends, what of its body has come, and where it ends.

Both doors hand what passes here to a parser of theirs, so that this one alone decides what is a request.
"""

from __future__ import annotations

from typing import Final

from twinserve.service.http.chunks import Chunks
from twinserve.service.http.head import END, Head, read_head, require_beginning
from twinserve.service.http.problem import Problem

LINE_END: Final = b"\r\n"
NOTHING: Final = (b"", b"\r")


class Arrival:
    """The bytes of one request, as they come."""

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
        """Did an empty line come before?"""
        self.head: Head | None = None
        """There once it is whole."""
        self.kept = b""
        """What has come of a head that is not."""
        self.is_whole = False
        self.problem: Problem | None = None
        """What is wrong (400, 431, 501): with the head while there is none, else with the body."""
        self.rest = 0
        """How many of the bytes that came last belong to the next request."""

    @property
    def has_begun(self) -> bool:
        """Has something of the request come? An empty line before it is nothing, nor is half of one."""
        return self.kept not in NOTHING or self.head is not None

    def add(self, data: bytes, place: int = 0) -> bytes:
        """What of the body is in these bytes, from this place on."""
        try:
            if self.head is None:
                if self.kept:
                    data, place = self.kept + data[place:], 0
                place = self._add_to_head(data, place)
                if self.head is None:
                    return b""
            if self._chunks is not None:
                return self._add_to_chunks(self._chunks, data[place:])
        except Problem as problem:
            self.problem = problem
            return b""
        there = len(data) - place
        if there <= self._left:
            self._left -= there
            self.is_whole = not self._left
            return data[place:]
        end = place + self._left
        self.is_whole, self.rest = True, len(data) - end
        return data[place:end]

    def _add_to_chunks(self, chunks: Chunks, data: bytes) -> bytes:
        body = chunks.add(data)
        self.is_whole, self.rest = chunks.is_whole, len(chunks.rest)
        return body

    def _add_to_head(self, data: bytes, place: int) -> int:
        """Where the body begins."""
        if not self._has_skipped and data.startswith(LINE_END, place):
            self._has_skipped = True  # A client may leave one behind a body (RFC 9112 section 2.2).
            place += 2
        had, self.kept = len(self.kept), b""
        found = read_head(data, place) if not had or data.find(END, max(0, had - 3)) >= 0 else None
        end = len(data) if found is None else found[1]
        if end - place > self._max_head:
            raise head_too_large(self._max_head)
        if found is None:
            self.kept = data[place:]
            require_beginning(self.kept, self._looked_at)
            self._looked_at = max(0, len(self.kept) - 1)
            return end
        self.head = found[0]
        self._left = self.head.length
        if self.head.is_chunked:
            self._chunks = Chunks()
        return end


def head_too_large(limit: int) -> Problem:
    """431: the request line and its headers are too many bytes."""
    detail = f"A request line and its headers may have {limit} bytes at most."
    return Problem("head-too-large", detail, headers=(("Connection", "close"),))
