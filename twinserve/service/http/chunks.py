"""A chunked body as it comes (RFC 9112 section 7.1), however it is cut."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Final

from twinserve.service.http.head import END, FIELD
from twinserve.service.http.problem import bad_request

LONGEST_LINE: Final = 4096
"""Most bytes of the line before a chunk, its extensions included."""
MOST_TRAILERS: Final = 16 * 1024
"""Most bytes of the fields behind the last chunk; they are dropped."""
MOST_FRAMING: Final = 64 * 1024
"""Most bytes that the framing of chunks may take beyond what they hold."""
LINE_END: Final = b"\r\n"
SHORTEST_LINE: Final = len(b"1\r\n")
SIZE: Final = re.compile(rb"(0*+[0-9a-fA-F]{0,16}+)(?<=[0-9a-fA-F])(?:[\t ]*;[\t\x20-\x7e\x80-\xff]*+)?\r\n")
SIZE_SO_FAR: Final = re.compile(rb"0*+[0-9a-fA-F]{0,16}+(?:[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*+)?)\r?\Z")
TRAILERS: Final = re.compile(rb"(?:" + FIELD + rb")*+\r\n")

ODD_LINE: Final = 32
"""Bytes of framing that count beside its own for a line that says more than a size: each takes a step of Python."""

TINY: Final = range(1, 16)
"""Bytes of a chunk that is read as one of many: a step of Python for each would take four times as long. Two patterns,
as `findall` gives what a group holds, and does not say where it stopped."""
DIGITS: Final = [b"[%x%X]" % (size, size) for size in TINY]
TINY_FRAME: Final = len(b"1\r\n\r\n")
TINY_RUN: Final = re.compile(
    rb"(?:(?:" + b"|".join(rb"%b\r\n[\s\S]{%d}" % found for found in zip(DIGITS, TINY, strict=True)) + rb")\r\n){4,}+"
)
TINY_HELD: Final = re.compile(
    rb"[1-9a-fA-F]\r\n("
    + b"|".join(rb"(?<=%b\r\n)[\s\S]{%d}" % found for found in zip(DIGITS, TINY, strict=True))
    + rb")\r\n"
)


class Chunks:
    """Takes bytes and gives what the chunks hold. Raises `Problem` (400) as soon as something else comes."""

    def __init__(self, most_framing: int = MOST_FRAMING) -> None:
        self._most = most_framing
        self._kept = b""
        """The beginning of a line, or of the trailers."""
        self._left = 0
        """Bytes that the chunk has still to come."""
        self._ends = self._is_last = False
        """Is the end of a chunk due? Has the last chunk been seen?"""
        self._excess = 0
        """Bytes of framing that have come, less those that they framed."""
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
                self._excess -= len(piece)
                self._ends = True
            elif not self._ends and not self._is_last:
                place = self._whole_chunks(data, place, pieces)
            after = None if self._left else self._after(data, place)
            if after is None:
                break
            place = after
        if self.is_whole:
            self.rest = data[place:]
        else:
            self._kept = data[place:]
        return b"".join(pieces)

    def _whole_chunks(self, data: bytes, place: int, pieces: list[bytes]) -> int:
        """Take the chunks of which all is there; gives where they end. What is left is looked at by part."""
        excess = self._excess
        while found := SIZE.match(data, place):
            begin, size = found.end(), int(found[1], 16)
            line, end = begin - place, begin + size
            if not size or line > LONGEST_LINE or data[end : end + 2] != LINE_END:
                break
            pieces.append(data[begin:end])
            place = end + 2
            excess += weight_of(line, size) + 2 - size
            if line == SHORTEST_LINE and (run := TINY_RUN.match(data, place)):
                held = TINY_HELD.findall(data, place, run.end())
                pieces += held
                place = run.end()
                excess = behind_tiny(held, excess, self._most)
            if excess > self._most:
                break
        self._exceed(excess - self._excess)
        return place

    def _exceed(self, more: int) -> None:
        """Count what whole chunks take beyond what they hold. Judged behind a chunk, it is the same for any cut."""
        self._excess += more
        if self._excess > self._most:
            raise bad_request(f"The framing of chunks may take {self._most} bytes more than what they hold.")

    def _after(self, data: bytes, place: int) -> int | None:
        """Where what is due here ends; None if it has not come yet."""
        if self._ends:
            return self._end_of_chunk(data, place)
        if self._is_last:
            return self._end_of_trailers(data, place)
        found = SIZE.match(data, place)
        if (len(data) if found is None else found.end()) - place > LONGEST_LINE:
            raise bad_request("A chunk begins with its size, in hexadecimal digits.")
        if found is None:
            if not SIZE_SO_FAR.match(data, place):
                raise bad_request("A chunk begins with its size, in hexadecimal digits.")
            return None
        self._left = int(found[1], 16)
        self._excess += weight_of(found.end() - place, self._left)
        self._is_last = not self._left
        return found.end()

    def _end_of_chunk(self, data: bytes, place: int) -> int | None:
        end = data[place : place + 2]
        if not LINE_END.startswith(end):
            raise bad_request("A chunk ends with CR LF where its size says.")
        if len(end) < 2:
            return None
        self._ends = False
        self._exceed(len(end))
        return place + 2

    def _end_of_trailers(self, data: bytes, place: int) -> int | None:
        found = TRAILERS.match(data, place)
        if (len(data) if found is None else found.end()) - place > MOST_TRAILERS:
            raise bad_request("Behind the last chunk come fields, if any, and an empty line.")
        if found is None:
            if data.find(END, place) >= 0 or data.startswith(LINE_END, place):
                raise bad_request("Behind the last chunk come fields, if any, and an empty line.")
            return None
        self.is_whole = True
        return found.end()


def weight_of(line: int, size: int) -> int:
    """What a line of so many bytes counts."""
    return line if line <= 2 + (size.bit_length() + 3) // 4 else line + ODD_LINE


def behind_tiny(pieces: list[bytes], excess: int, most: int) -> int:
    """The excess behind tiny chunks that hold these; the greatest one behind any of them if that is too much."""
    if excess + TINY_FRAME * len(pieces) > most:
        behind = list(accumulate(map(TINY_FRAME.__sub__, map(len, pieces)), initial=excess))
        return max(behind) if max(behind) > most else behind[-1]
    return excess + TINY_FRAME * len(pieces) - sum(map(len, pieces))
