"""What the footer of a Parquet file says of its column chunks, read without pyarrow's `RowGroupMetaData.column`: of a
damaged footer that lets an exception of C++ end the process (pyarrow 26.0.1), where reading the file raises OSError.

The footer is a struct in Thrift's compact protocol (https://github.com/apache/parquet-format, parquet.thrift).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final, NamedTuple

from twinserve.bulk.malformed import MalformedTable, TooManyCells
from twinserve.bulk.thrift import LIST, Reader

END: Final = 8
"""Bytes behind the footer: its size, and `PAR1`."""
MOST: Final = 4 << 20
"""Bytes of a footer; reading it takes 0.2 us for each. One of 1,000 groups of 30 columns has 3 MB."""
GROUPS: Final = 4
"""The number of the field `row_groups` of `FileMetaData`."""
CHUNKS: Final = 1
"""Of `columns` of `RowGroup`."""
FACTS, CRYPTO = 3, 8
"""Of `meta_data` and `crypto_metadata` of `ColumnChunk`."""
ENCRYPTED: Final = "The Parquet file is encrypted."
ENCODINGS, PATH, CODEC, VALUES, UNPACKED, PACKED, DATA, DICTIONARY = 2, 3, 4, 5, 6, 7, 9, 11
"""Of `ColumnMetaData`: `encodings`, `path_in_schema`, `codec`, `num_values`, `total_uncompressed_size`,
`total_compressed_size`, `data_page_offset`, `dictionary_page_offset`."""
NUMBERS: Final = {CODEC: 5, **dict.fromkeys((VALUES, UNPACKED, PACKED, DATA, DICTIONARY), 6)}
"""The types of those that are numbers: of 32 bits, and of 64."""


class ColumnChunk(NamedTuple):
    """A column of a group of rows."""

    path: str
    """The dotted name of its leaf."""
    encodings: frozenset[int]
    """How its values are written."""
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


def column_chunks(file: IO[bytes], most: int) -> Iterator[ColumnChunk]:
    """The column chunks of all groups, as the footer says. Raises `MalformedTable`, and `TooManyCells` for a footer of
    more than `most` bytes."""
    end = file.seek(0, 2)
    file.seek(max(0, end - END))
    size = int.from_bytes(file.read(4), "little")
    if size > most:
        raise TooManyCells(f"The footer of a Parquet file may have {most >> 20} MiB at most; write larger groups.")
    file.seek(max(0, end - END - size))
    try:
        yield from _Footer(file.read(size)).chunks()
    except (IndexError, ValueError, RecursionError):
        raise MalformedTable("The bytes are no Parquet file.") from None


class _Footer(Reader):
    def chunks(self) -> Iterator[ColumnChunk]:
        for _ in self._items(GROUPS):
            for _ in self._items(CHUNKS):
                yield self._chunk()

    def _items(self, list_field: int) -> Iterator[int]:
        """The places in a list of a struct, whose other fields are passed over; whoever takes one reads its item."""
        for field, kind in self.fields():
            if field == list_field:
                yield from range(self.size_of_list())
            else:
                self.skip(kind)

    def _chunk(self) -> ColumnChunk:
        found = ColumnChunk("", frozenset(), 0, 0)
        for field, kind in self.fields():
            if field == FACTS:
                found = self._facts()
            elif field == CRYPTO:
                raise MalformedTable(ENCRYPTED)
            else:
                self.skip(kind)
        return found

    def _facts(self) -> ColumnChunk:
        path, encodings, numbers = "", frozenset[int](), dict.fromkeys(NUMBERS, 0)
        for field, kind in self.fields():
            if field == PATH and kind == LIST:
                path = b".".join(self.binary() for _ in range(self.size_of_list())).decode(errors="replace")
            elif field == ENCODINGS and kind == LIST:
                encodings = frozenset([self.number() for _ in range(self.size_of_list())])
            elif NUMBERS.get(field) == kind:
                numbers[field] = self.number()
            elif field in NUMBERS or field in (ENCODINGS, PATH):
                raise ValueError("A fact is of another type.")
            else:
                self.skip(kind)
        codec, *others = [numbers[one] for one in (CODEC, UNPACKED, VALUES, PACKED, DATA, DICTIONARY)]
        return ColumnChunk(path, encodings, codec, *others)
