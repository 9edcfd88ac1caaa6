"""What the pages of a Parquet file unpack to: each says it in its own header, which need not agree with the footer."""

from __future__ import annotations

import os
from typing import Any, Final

from twinserve.bulk.malformed import MalformedTable, TooManyCells
from twinserve.bulk.parquet_footer import Thrift

HEAD, LONG_HEAD = 256, 1 << 16
"""Bytes that are read of a page, and again where its header is longer: it may have the least and the greatest value."""
UNPACKED, PACKED = (2,), (3,)
VALUES: Final = ((5, 1), (8, 1))
"""The fields of `PageHeader` (parquet.thrift): sizes, and the number of values of both kinds of pages of data."""
MOST: Final = 200_000
"""Pages of a file at most that are looked at: it takes 2 s. Writers make one of 20,000 rows, or of 1 MiB."""
DAMAGED: Final = "The Parquet file is damaged."


class Pages:
    """The pages of one file, of which only so many are looked at."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._left = descriptor, MOST

    def unpacked(self, chunk: Any, most: int) -> int:
        """The bytes that a column of a group of rows unpacks to, no longer counted above `most`: pyarrow makes room for
        what a page says, and unpacks no more. Raises `MalformedTable`, and `TooManyCells` for too many pages."""
        start = chunk.data_page_offset
        if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < start:
            start = chunk.dictionary_page_offset
        total, values, end = 0, 0, start + chunk.total_compressed_size
        while start < end and values < chunk.num_values and total <= most:
            self._left -= 1
            if self._left < 0:
                raise TooManyCells(f"A Parquet file may have {MOST} pages at most; write larger ones.")
            size, head = self._head(start)
            unpacked, packed = head.numbers.get(UNPACKED, -1), head.numbers.get(PACKED, -1)
            if unpacked < 0 or packed < 0:
                raise MalformedTable(DAMAGED)
            total += unpacked
            values += sum(max(0, head.numbers.get(place, 0)) for place in VALUES)
            start += size + packed
        return total

    def _head(self, start: int) -> tuple[int, Thrift]:
        for size in (HEAD, LONG_HEAD):
            head = Thrift(os.pread(self._descriptor, size, start))
            try:
                head.struct(())
            except (ValueError, RecursionError):
                continue
            return len(head.written), head
        raise MalformedTable(DAMAGED)
