"""What the pages of a Parquet file unpack to: each says it in its own header, which need not agree with the footer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from twinserve.bulk.malformed import MalformedTable, TooManyCells
from twinserve.bulk.reading.parquet_chunks import ColumnChunk
from twinserve.bulk.thrift import I32, LIST, SET, Thrift

HEAD, LONG_HEAD = 256, 1 << 16
"""Bytes that are read of a page, and again where its header is longer: it may have the least and the greatest value."""
KIND, UNPACKED, PACKED = (1,), (2,), (3,)
VALUES: Final[Mapping[int, tuple[int, int]]] = {0: (5, 1), 3: (8, 1)}
"""The number of values in a page, by its kind; all are fields of `PageHeader` (parquet.thrift)."""
NUMBERS: Final = frozenset({KIND, UNPACKED, PACKED, *VALUES.values()})
PADDING: Final = 100
"""Bytes behind the end of a column that pyarrow may read, as an early writer told too few."""
MOST: Final = 200_000
"""Pages of a file at most that are looked at: it takes 2 s. Writers make one of 20,000 rows, or of 1 MiB."""
DAMAGED: Final = "The Parquet file is damaged, or cut off."


class Head(Thrift):
    """A header in which no two readers can find different numbers: each field once, none of another type, no lists."""

    def __init__(self, held: bytes) -> None:
        super().__init__(held)
        self._seen: set[tuple[int, ...]] = set()

    def _value(self, kind: int, path: tuple[int, ...], *, is_field: bool) -> None:
        if path in self._seen or kind in (LIST, SET) or (path in NUMBERS and kind != I32):
            raise ValueError("This is no header of a page.")
        self._seen.add(path)
        super()._value(kind, path, is_field=is_field)
        if not 0 <= self.numbers.get(path, 0) < 1 << 31 and path in NUMBERS:
            raise ValueError("A size is negative, or none of 32 bits.")


class Pages:
    """The pages of one file, of which only so many are looked at."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._left = descriptor, MOST

    def unpacked(self, chunk: ColumnChunk, most: int) -> int:
        """The bytes that a column of a group of rows unpacks to, no longer counted above `most`: pyarrow makes room for
        what a page says, and unpacks no more. Raises `MalformedTable`, and `TooManyCells` for too many pages."""
        start = chunk.dictionary if 0 < chunk.dictionary < chunk.data else chunk.data
        total, values, end = 0, 0, start + chunk.packed + PADDING
        if start < 0:
            raise MalformedTable(DAMAGED)
        while start < end and values < chunk.values and total <= most:
            self._left -= 1
            if self._left < 0:
                raise TooManyCells(f"A Parquet file may have {MOST} pages at most; write larger ones.")
            size, numbers = self._head(start)
            total += numbers[UNPACKED]
            values += numbers.get(VALUES.get(numbers[KIND], ()), 0)
            start += size + numbers[PACKED]
        if start > end:
            raise MalformedTable(DAMAGED)
        return total

    def _head(self, start: int) -> tuple[int, Mapping[tuple[int, ...], int]]:
        """The length of a header, and its numbers."""
        for size in (HEAD, LONG_HEAD):
            head = Head(os.pread(self._descriptor, size, start))
            try:
                head.struct(())
            except (ValueError, RecursionError):
                continue
            if head.numbers.keys() >= {KIND, UNPACKED, PACKED}:
                return len(head.written), head.numbers
        raise MalformedTable(DAMAGED)
