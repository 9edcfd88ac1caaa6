"""A chunked body as it comes (RFC 9112 section 7.1), however it is cut."""

from __future__ import annotations

import re
from typing import Final

from service.head import END, FIELD
from service.problem import bad_request

LONGEST_LINE: Final = 4096
"""Most bytes of the line before a chunk, its extensions included."""
MOST_TRAILERS: Final = 16 * 1024
"""Most bytes of the fields behind the last chunk; they are dropped."""
SIZE: Final = re.compile(rb"(0*+[0-9a-fA-F]{0,16}+)(?<=[0-9a-fA-F])(?:[\t ]*;[\t\x20-\x7e\x80-\xff]*+)?\r\n")
SIZE_SO_FAR: Final = re.compile(rb"0*+[0-9a-fA-F]{0,16}+(?:[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*+)?)\r?\Z")
TRAILERS: Final = re.compile(rb"(?:" + FIELD + rb")*+\r\n")


class Chunks:
    """Takes bytes and gives what the chunks hold. Raises `Problem` (400) as soon as something else comes."""

    def __init__(self) -> None:
        self._kept = b""
        """The beginning of a line, or of the trailers."""
        self._left = 0
        """Bytes that the chunk has still to come."""
        self._ends = self._is_last = False
        """Is the end of a chunk due? Has the last chunk been seen?"""
        self.is_whole = False
        self.rest = b""
        """What came behind the body."""

    def add(self, data: bytes) -> bytes:
        """What of the body has come."""
        data, place, pieces = self._kept + data, 0, list[bytes]()
        self._kept = b""
        while not self.is_whole:
            if self._left:
                piece = data[place : place + self._left]
                pieces.append(piece)
                place += len(piece)
                self._left -= len(piece)
                self._ends = True
            after = None if self._left else self._after(data, place)
            if after is None:
                break
            place = after
        if self.is_whole:
            self.rest = data[place:]
        else:
            self._kept = data[place:]
        return b"".join(pieces)

    def _after(self, data: bytes, place: int) -> int | None:
        """Where what is due here ends; None if it has not come yet."""
        if self._ends:
            return self._end_of_chunk(data, place)
        if self._is_last:
            return self._end_of_trailers(data, place)
        found = SIZE.match(data, place)
        if found is None:
            if len(data) - place > LONGEST_LINE or not SIZE_SO_FAR.match(data, place):
                raise bad_request("A chunk begins with its size, in hexadecimal digits.")
            return None
        self._left = int(found[1], 16)
        self._is_last = not self._left
        return found.end()

    def _end_of_chunk(self, data: bytes, place: int) -> int | None:
        end = data[place : place + 2]
        if not b"\r\n".startswith(end):
            raise bad_request("A chunk ends with CR LF where its size says.")
        if len(end) < 2:
            return None
        self._ends = False
        return place + 2

    def _end_of_trailers(self, data: bytes, place: int) -> int | None:
        found = TRAILERS.match(data, place)
        if found is None:
            if len(data) - place > MOST_TRAILERS or data.find(END, place) >= 0 or data.startswith(b"\r\n", place):
                raise bad_request("Behind the last chunk come fields, if any, and an empty line.")
            return None
        self.is_whole = True
        return found.end()
