"""What the footer of a Parquet file says of its column chunks, read without pyarrow's `RowGroupMetaData.column`: of a
damaged footer that lets an exception of C++ end the process (pyarrow 26.0.1), where reading the file raises OSError.

The footer is a struct in Thrift's compact protocol (https://github.com/apache/parquet-format, parquet.thrift).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final, NamedTuple

from twinserve.bulk.malformed import MalformedTable, TooManyCells
from twinserve.bulk.thrift import BITS

END: Final = 8
"""Bytes behind the footer: its size, and `PAR1`."""
MOST: Final = 4 << 20
"""Bytes of a footer; reading it takes 0.2 us for each. One of 1,000 groups of 30 columns has 3 MB."""
TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
FIXED: Final = {BYTE: 1, DOUBLE: 8}
"""Bytes of the types that always have as many; the others up to a double are whole numbers."""
LONG_LIST: Final = 15
GROUPS: Final = 4
"""The number of the field `row_groups` of `FileMetaData`."""
CHUNKS: Final = 1
"""Of `columns` of `RowGroup`."""
FACTS: Final = 3
"""Of `meta_data` of `ColumnChunk`."""
PATH, CODEC, VALUES, UNPACKED, PACKED, DATA, DICTIONARY = 3, 4, 5, 6, 7, 9, 11
"""Of `ColumnMetaData`: `path_in_schema`, `codec`, `num_values`, `total_uncompressed_size`, `total_compressed_size`,
`data_page_offset`, `dictionary_page_offset`."""
NUMBERS: Final = {CODEC: 5, **dict.fromkeys((VALUES, UNPACKED, PACKED, DATA, DICTIONARY), 6)}
"""The types of those that are numbers: of 32 bits, and of 64."""
MOST_FIELDS: Final = 32_767


class ColumnChunk(NamedTuple):
    """A column of a group of rows."""

    path: str
    """The dotted name of its leaf."""
    codec: int
    """How it is packed: 0 not at all, 1 by snappy."""
    unpacked: int
    """Bytes that it has unpacked."""
    values: int = 0
    packed: int = 0
    """Bytes in the file."""
    data: int = 0
    dictionary: int = 0
    """Where its first page of data, and that of its dictionary, begin."""


def column_chunks(file: IO[bytes]) -> Iterator[ColumnChunk]:
    """The column chunks of all groups, as the footer says. Raises `MalformedTable`, and `TooManyCells` for a long
    footer."""
    end = file.seek(0, 2)
    file.seek(max(0, end - END))
    size = int.from_bytes(file.read(4), "little")
    if size > MOST:
        raise TooManyCells(f"The footer of a Parquet file may have {MOST >> 20} MiB at most; write larger groups.")
    file.seek(max(0, end - END - size))
    try:
        yield from _Footer(file.read(size)).chunks()
    except (IndexError, ValueError, RecursionError):
        raise MalformedTable("The bytes are no Parquet file.") from None


class _Footer:
    """Reads from the first byte to the last one; raises IndexError behind that."""

    def __init__(self, held: bytes) -> None:
        self._held, self._at = held, 0

    def chunks(self) -> Iterator[ColumnChunk]:
        for field, kind in self._fields():
            if field != GROUPS:
                self._skip(kind)
                continue
            for _ in range(self._size_of_list()):
                yield from self._group()

    def _group(self) -> Iterator[ColumnChunk]:
        for field, kind in self._fields():
            if field != CHUNKS:
                self._skip(kind)
                continue
            for _ in range(self._size_of_list()):
                yield self._chunk()

    def _chunk(self) -> ColumnChunk:
        found = ColumnChunk("", 0, 0)
        for field, kind in self._fields():
            if field == FACTS:
                found = self._facts()
            else:
                self._skip(kind)
        return found

    def _facts(self) -> ColumnChunk:
        path, numbers = "", dict.fromkeys(NUMBERS, 0)
        for field, kind in self._fields():
            if field == PATH and kind == LIST:
                path = b".".join(self._bytes() for _ in range(self._size_of_list())).decode(errors="replace")
            elif NUMBERS.get(field) == kind:
                numbers[field] = self._number()
            elif field in NUMBERS or field == PATH:
                raise ValueError("A fact is of another type.")
            else:
                self._skip(kind)
        return ColumnChunk(path, *(numbers[one] for one in (CODEC, UNPACKED, VALUES, PACKED, DATA, DICTIONARY)))

    def _fields(self) -> Iterator[tuple[int, int]]:
        """The numbers and types of the fields of a struct; whoever takes one reads its value before the next one."""
        field, before = 0, set[int]()
        while head := self._byte():
            field = field + (head >> 4) if head >> 4 else self._number()
            if field in before or not 0 < field <= MOST_FIELDS:
                raise ValueError("Two readers may find different fields.")
            before.add(field)
            yield field, head & 15

    def _skip(self, kind: int, *, is_field: bool = True) -> None:
        if kind in (TRUE, FALSE):
            self._at += not is_field  # Of a field the type is the value.
        elif kind in FIXED:
            self._at += FIXED[kind]
        elif kind < DOUBLE:
            while self._held[self._at] > 127:
                self._at += 1
            self._at += 1
        elif kind == BINARY:
            self._bytes()
        elif kind in (LIST, SET):
            each = self._held[self._at] & 15
            for _ in range(self._size_of_list()):
                self._skip(each, is_field=False)
        elif kind == STRUCT:
            for _, inner in self._fields():
                self._skip(inner)
        else:
            raise ValueError("A footer of Parquet holds no such type.")

    def _size_of_list(self) -> int:
        head = self._byte()
        size = head >> 4 if head >> 4 != LONG_LIST else self._varint()
        if size > len(self._held) - self._at:  # Each item takes a byte at least.
            raise ValueError("The footer is shorter than its lists.")
        return size

    def _bytes(self) -> bytes:
        size = self._varint()
        self._at += size
        return self._held[self._at - size : self._at]

    def _number(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _varint(self) -> int:
        value, shift = 0, 0
        held, at = self._held, self._at
        while (byte := held[at]) > 127:
            value |= (byte & 127) << shift
            shift, at = shift + 7, at + 1
            if shift >= BITS:
                raise ValueError("A number has more than 64 bits.")
        self._at = at + 1
        return value | byte << shift

    def _byte(self) -> int:
        self._at += 1
        return self._held[self._at - 1]
