"""Cuts CSV into whole records."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from twinserve.bulk.malformed import MalformedTable
from twinserve.bulk.reading.lines import LONGEST

BOM: Final = b"\xef\xbb\xbf"
QUOTE, LINE_END, LETTER = 34, 10, 120
OPENING: Final = (44, 10, 13, QUOTE)
"""The bytes behind which a quote opens a cell, or goes on with one: a comma, the ends of lines, a quote that closed."""
OPENS: Final = re.compile(rb'(?<=[,\r\n])"')


class Records:
    """Cuts bytes into whole records: a line's end within quotes ends none."""

    def __init__(self, longest: int = LONGEST, *, begun: bool = False) -> None:
        """`begun`: the first bytes are not those of a file, which may begin with a mark of their order."""
        self._held: list[bytes] = []
        self._size, self._longest, self._is_begun = 0, longest, begun
        self._is_quoted, self._before = False, LINE_END
        self.taken = 0
        """The bytes of all records so far, and of the mark."""

    def feed(self, piece: bytes) -> bytes:
        """The records that end with this piece, all together; looks at no byte twice."""
        if not self._is_begun:
            piece = b"".join([*self._held, piece])
            if len(piece) < len(BOM):
                self._held = [piece]
                return b""
            self.taken = len(piece) - len(piece.removeprefix(BOM))
            piece, self._held, self._is_begun = piece.removeprefix(BOM), [], True
        end, self._is_quoted, self._before = _end(piece, self._before, is_quoted=self._is_quoted)
        if not end:
            self._keep(piece)
            return b""
        records = b"".join([*self._held, piece[:end]])
        self.taken += len(records)
        self._held, self._size = [], 0
        self._keep(piece[end:])
        return records

    def _keep(self, part: bytes) -> None:
        self._held.append(part)
        self._size += len(part)
        if self._size > self._longest:
            raise MalformedTable(f"A row may have {self._longest} bytes at most.")

    def end(self) -> bytes:
        """The last record, where nothing ends it."""
        rest, self._held = b"".join(self._held), []
        if not self._is_begun:
            rest = rest.removeprefix(BOM)
        self.taken += len(rest)
        return rest


def _end(piece: bytes, before: int, *, is_quoted: bool) -> tuple[int, bool, int]:
    """Where the last whole record in a piece ends, 0 if none does; whether the piece ends within quotes, as it may
    begin; and its last byte. `before` is the byte before it."""
    if b'"' not in piece:
        return (0 if is_quoted else piece.rfind(b"\n") + 1), is_quoted, piece[-1] if piece else before
    letters = np.frombuffer(piece, np.uint8)
    is_quote = letters == QUOTE
    quotes = np.cumsum(is_quote, dtype=np.uint8) & 1 ^ is_quoted  # Modulo 256, which keeps what is odd.
    opening = np.flatnonzero(is_quote & (quotes == 1))
    # One behind another one goes on with the text that seemed to end: two stand for one.
    previous = np.where(opening > 0, letters[opening - 1], before)
    if not np.isin(previous, OPENING).all():
        return _walked(piece, before, is_quoted=is_quoted)
    ends = np.flatnonzero((letters == LINE_END) & (quotes == 0))
    return (int(ends[-1]) + 1 if len(ends) else 0), bool(quotes[-1]), piece[-1]


def _walked(piece: bytes, before: int, *, is_quoted: bool) -> tuple[int, bool, int]:
    """The same from quote to quote, where one stands within a text that did not begin with one: it is a letter."""
    end, place, closed = 0, 0, -1
    if not is_quoted and piece[0] == QUOTE and before in OPENING:
        is_quoted, place = True, 1
    while place < len(piece):
        if is_quoted:
            quote = piece.find(b'"', place)
            if quote < 0:
                break
            place = quote + 1
            if piece[place : place + 1] == b'"':
                place += 1
            else:
                is_quoted, closed = False, quote
        else:
            found = OPENS.search(piece, place)
            stop = len(piece) if found is None else found.start()
            end = max(end, piece.rfind(b"\n", place, stop) + 1)
            is_quoted, place = found is not None, stop + 1
    last = piece[-1]
    return end, is_quoted, LETTER if last == QUOTE and closed != len(piece) - 1 else last
