"""`Chunks`: reads a chunked body (RFC 9112 section 7.1) from pieces of any size."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Final

from twinserve.service.http.head import END, FIELD
from twinserve.service.http.problem import bad_request

LONGEST_LINE: Final = 4096
"""Maximum number of bytes of the line before a chunk, extensions included."""
MOST_TRAILERS: Final = 16 * 1024
"""Maximum number of bytes of the fields after the last chunk; the fields are dropped."""
MOST_FRAMING: Final = 64 * 1024
"""Maximum number of bytes by which the framing of chunks may exceed their content."""
LINE_END: Final = b"\r\n"
SHORTEST_LINE: Final = len(b"1\r\n")
SIZE: Final = re.compile(rb"(0*+[0-9a-fA-F]{0,16}+)(?<=[0-9a-fA-F])(?:[\t ]*;[\t\x20-\x7e\x80-\xff]*+)?\r\n")
SIZE_SO_FAR: Final = re.compile(rb"0*+[0-9a-fA-F]{0,16}+(?:[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*+)?)\r?\Z")
TRAILERS: Final = re.compile(rb"(?:" + FIELD + rb")*+\r\n")

ODD_LINE: Final = 32
"""Bytes that a line with more than a size counts in addition to its own length, because each takes a step in Python."""

TINY: Final = range(1, 16)
"""Sizes in bytes of tiny chunks, of which one match reads many: a step in Python for each would take four times as
long. There are two patterns because `findall` returns the groups, but not where the last match ended."""
DIGITS: Final = [b"[%x%X]" % (size, size) for size in TINY]
TINY_FRAME: Final = len(b"1\r\n\r\n")
TINY_RUN: Final = re.compile(
    rb"(?:(?:" + b"|".join(rb"%b\r\n[\s\S]{%d}" % pair for pair in zip(DIGITS, TINY, strict=True)) + rb")\r\n){4,}+"
)
TINY_HELD: Final = re.compile(
    rb"[1-9a-fA-F]\r\n("
    + b"|".join(rb"(?<=%b\r\n)[\s\S]{%d}" % pair for pair in zip(DIGITS, TINY, strict=True))
    + rb")\r\n"
)


class Chunks:
    """Takes the bytes of a chunked body and returns the content. Raises `Problem` (400) as soon as they are invalid."""

    def __init__(self, most_framing: int = MOST_FRAMING) -> None:
        """`most_framing`: the bytes by which the framing may exceed the content."""
        self._most = most_framing
        self._kept = b""
        """The beginning of a line or of the trailers, until the rest arrives."""
        self._left = 0
        """Bytes of the current chunk that have not arrived yet."""
        self._ends = self._is_last = False
        """Must the end of a chunk follow? Has the last chunk been read?"""
        self._excess = 0
        """Bytes of framing so far, minus bytes of content."""
        self.is_whole = False
        self.rest = b""
        """The bytes after the body."""

    def add(self, data: bytes) -> bytes:
        """Read more bytes; returns the content in them."""
        data, position, pieces = self._kept + data, 0, list[bytes]()
        self._kept = b""
        while not self.is_whole:
            if self._left:
                piece = data[position : position + self._left]
                pieces.append(piece)
                position += len(piece)
                self._left -= len(piece)
                self._excess -= len(piece)
                self._ends = True
            elif not self._ends and not self._is_last:
                position = self._whole_chunks(data, position, pieces)
            after = None if self._left else self._after(data, position)
            if after is None:
                break
            position = after
        if self.is_whole:
            self.rest = data[position:]
        else:
            self._kept = data[position:]
        return b"".join(pieces)

    def _whole_chunks(self, data: bytes, position: int, pieces: list[bytes]) -> int:
        """Read the chunks that have arrived completely; returns the index at which they end."""
        excess = self._excess
        while match := SIZE.match(data, position):
            begin, size = match.end(), int(match[1], 16)
            line, end = begin - position, begin + size
            if not size or line > LONGEST_LINE or data[end : end + 2] != LINE_END:
                break
            pieces.append(data[begin:end])
            position = end + 2
            excess += weight_of(line, size) + 2 - size
            if line == SHORTEST_LINE and (run := TINY_RUN.match(data, position)):
                held = TINY_HELD.findall(data, position, run.end())
                pieces += held
                position = run.end()
                excess = behind_tiny(held, excess, self._most)
            if excess > self._most:
                break
        self._exceed(excess - self._excess)
        return position

    def _exceed(self, more: int) -> None:
        """Add to the excess and check it, only at the end of a chunk: the result must not depend on how data is cut."""
        self._excess += more
        if self._excess > self._most:
            raise bad_request(f"The framing of chunks must not exceed their content by more than {self._most} bytes.")

    def _after(self, data: bytes, position: int) -> int | None:
        """Read the next part of the framing; returns the index at which it ends, None if it is incomplete."""
        if self._ends:
            return self._end_of_chunk(data, position)
        if self._is_last:
            return self._end_of_trailers(data, position)
        match = SIZE.match(data, position)
        if (len(data) if match is None else match.end()) - position > LONGEST_LINE:
            raise bad_request("A chunk must begin with its size, in hexadecimal digits.")
        if match is None:
            if not SIZE_SO_FAR.match(data, position):
                raise bad_request("A chunk must begin with its size, in hexadecimal digits.")
            return None
        self._left = int(match[1], 16)
        self._excess += weight_of(match.end() - position, self._left)
        self._is_last = not self._left
        return match.end()

    def _end_of_chunk(self, data: bytes, position: int) -> int | None:
        end = data[position : position + 2]
        if not LINE_END.startswith(end):
            raise bad_request("A chunk must end in CR LF after as many bytes as its size says.")
        if len(end) < 2:
            return None
        self._ends = False
        self._exceed(len(end))
        return position + 2

    def _end_of_trailers(self, data: bytes, position: int) -> int | None:
        match = TRAILERS.match(data, position)
        if (len(data) if match is None else match.end()) - position > MOST_TRAILERS:
            raise bad_request("The last chunk is followed by optional fields and an empty line.")
        if match is None:
            if data.find(END, position) >= 0 or data.startswith(LINE_END, position):
                raise bad_request("The last chunk is followed by optional fields and an empty line.")
            return None
        self.is_whole = True
        return match.end()


def weight_of(line: int, size: int) -> int:
    """How many bytes of framing a line counts: `line` is its length, `size` that of its chunk, both in bytes."""
    return line if line <= 2 + (size.bit_length() + 3) // 4 else line + ODD_LINE


def behind_tiny(pieces: list[bytes], excess: int, most: int) -> int:
    """The excess after tiny chunks with these contents; if it exceeds `most` after any of them, the greatest one."""
    if excess + TINY_FRAME * len(pieces) > most:
        behind = list(accumulate(map(TINY_FRAME.__sub__, map(len, pieces)), initial=excess))
        return max(behind) if max(behind) > most else behind[-1]
    return excess + TINY_FRAME * len(pieces) - sum(map(len, pieces))
