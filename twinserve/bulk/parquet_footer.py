"""The footer of a Parquet file, moved: so groups of rows that were written as files of their own become one file.

pyarrow writes a footer only when a file is complete, and cannot go on with one that is not. The footer is a struct in
Thrift's compact protocol (https://github.com/apache/parquet-format, `FileMetaData` in parquet.thrift).
"""

from __future__ import annotations

import struct
from typing import Final

MAGIC: Final = b"PAR1"
OFFSETS: Final = frozenset(
    {(4, 5), (4, 1, 2), (4, 1, 4), (4, 1, 6), (4, 1, 3, 9), (4, 1, 3, 10), (4, 1, 3, 11), (4, 1, 3, 14)}
)
"""The places of offsets into the file, by the numbers of the fields: of row groups, column chunks and their pages."""
TRUE, FALSE, BYTE, I64, DOUBLE, BINARY, LIST, SET, STRUCT = 1, 2, 3, 6, 7, 8, 9, 10, 12
LONG_LIST: Final = 15


def split(content: bytes) -> tuple[bytes, bytes]:
    """The pages of a whole Parquet file, without the first four bytes, and its footer."""
    size = struct.unpack("<I", content[-8:-4])[0]
    return content[len(MAGIC) : -8 - size], content[-8 - size : -8]


def whole(footer: bytes) -> bytes:
    """A file of that footer alone, which pyarrow reads as metadata."""
    return MAGIC + footer + struct.pack("<I", len(footer)) + MAGIC


def moved(footer: bytes, by: int) -> bytes:
    """The footer of the same pages, so many bytes further on in a file."""
    copier = Thrift(footer, by)
    copier.struct(())
    return bytes(copier.written)


class Thrift:
    """Copies a struct, and adds to the offsets in it; an offset of 0 means that there is none."""

    def __init__(self, held: bytes, by: int = 0) -> None:
        self.written = bytearray()
        self.numbers: dict[tuple[int, ...], int] = {}
        """By the numbers of the fields; of lists the last one."""
        self._held, self._at, self._by = held, 0, by

    def struct(self, path: tuple[int, ...]) -> None:
        """Copy a struct at these numbers of fields; raises ValueError where it is damaged."""
        field = 0
        while (head := self._byte()) != 0:
            delta, kind = head >> 4, head & 15
            field = field + delta if delta else _unzigzag(self._varint())
            self._value(kind, (*path, field), is_field=True)

    def _value(self, kind: int, path: tuple[int, ...], *, is_field: bool) -> None:
        if kind in (TRUE, FALSE):
            self._bytes(0 if is_field else 1)  # Of a field the type is the value.
        elif kind == BYTE:
            self._bytes(1)
        elif kind < DOUBLE:
            self._number(path)
        elif kind == DOUBLE:
            self._bytes(8)
        elif kind == BINARY:
            self._bytes(self._varint())
        elif kind in (LIST, SET):
            head = self._byte()
            size = head >> 4 if head >> 4 != LONG_LIST else self._varint()
            for _ in range(size):
                self._value(head & 15, path, is_field=False)
        elif kind == STRUCT:
            self.struct(path)
        else:
            raise ValueError("A footer of Parquet holds no such type.")

    def _number(self, path: tuple[int, ...]) -> None:
        start = len(self.written)
        value = self.numbers[path] = _unzigzag(self._varint())
        if path in OFFSETS and value and self._by:
            del self.written[start:]
            self.written += _varint(2 * (value + self._by))

    def _byte(self) -> int:
        self._bytes(1)
        return self.written[-1]

    def _bytes(self, count: int) -> None:
        if self._at + count > len(self._held):
            raise ValueError("A struct goes on behind the end.")
        self.written += self._held[self._at : self._at + count]
        self._at += count

    def _varint(self) -> int:
        value, shift = 0, 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value


def _unzigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)


def _varint(value: int) -> bytes:
    """A number from 0 on, seven bits in a byte."""
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    written.append(value)
    return bytes(written)
