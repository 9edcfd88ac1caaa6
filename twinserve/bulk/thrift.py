"""Structs in Thrift's compact protocol, as Parquet has them: read, with what nobody asks for passed over, or copied."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Final

TRUE, FALSE, BYTE, I32, DOUBLE, BINARY, LIST, SET, STRUCT = 1, 2, 3, 5, 7, 8, 9, 10, 12
FIXED: Final = {BYTE: 1, DOUBLE: 8}
"""Bytes of the types that always have as many; the others up to a double are whole numbers."""
LONG_LIST: Final = 15
MOST_FIELDS: Final = 32_767
BITS: Final = 64
"""Of the largest number. Without an end one of 64 KB would take 0.2 s, and one of 4 MB minutes."""


class Reader:
    """Reads from the first byte to the last one; raises IndexError behind that, ValueError for what is damaged."""

    def __init__(self, held: bytes) -> None:
        self._held, self._at = held, 0

    def fields(self) -> Iterator[tuple[int, int]]:
        """The numbers and types of the fields of a struct; whoever takes one reads its value before the next one."""
        field, before = 0, set[int]()
        while head := self._byte():
            field = field + (head >> 4) if head >> 4 else self.number()
            if field in before or not 0 < field <= MOST_FIELDS:
                raise ValueError("Two readers may find different fields.")
            before.add(field)
            yield field, head & 15

    def skip(self, kind: int, *, is_field: bool = True) -> None:
        """Pass over a value of this type."""
        if kind in (TRUE, FALSE):
            self._at += not is_field  # Of a field the type is the value.
        elif kind in FIXED:
            self._at += FIXED[kind]
        elif kind < DOUBLE:
            while self._held[self._at] > 127:
                self._at += 1
            self._at += 1
        elif kind == BINARY:
            self.binary()
        elif kind in (LIST, SET):
            each = self._held[self._at] & 15
            for _ in range(self.size_of_list()):
                self.skip(each, is_field=False)
        elif kind == STRUCT:
            for _, inner in self.fields():
                self.skip(inner)
        else:
            raise ValueError("A footer of Parquet holds no such type.")

    def size_of_list(self) -> int:
        """How many items follow, which are of one type."""
        head = self._byte()
        size = head >> 4 if head >> 4 != LONG_LIST else self._varint()
        if size > len(self._held) - self._at:  # Each item takes a byte at least.
            raise ValueError("The footer is shorter than its lists.")
        return size

    def binary(self) -> bytes:
        """Bytes, or a text."""
        size = self._varint()
        self._at += size
        return self._held[self._at - size : self._at]

    def number(self) -> int:
        """A whole number."""
        return _unzigzag(self._varint())

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


class Thrift:
    """Copies a struct, and adds to some of its numbers; an offset of 0 means that there is none."""

    def __init__(self, held: bytes, offsets: Container[tuple[int, ...]] = (), by: int = 0) -> None:
        """`offsets`: the places of the numbers to which `by` is added."""
        self.written = bytearray()
        self.numbers: dict[tuple[int, ...], int] = {}
        """By the numbers of the fields; of lists the last one."""
        self._held, self._at = held, 0
        self._offsets, self._by = offsets, by

    def struct(self, path: tuple[int, ...]) -> None:
        """Copy a struct at these numbers of fields; raises ValueError where it is damaged."""
        field = 0
        while (head := self._byte()) != 0:
            delta, kind = head >> 4, head & 15
            field = field + delta if delta else _unzigzag(self._varint())
            if not 0 < field <= MOST_FIELDS:
                raise ValueError("A field has a number that others read as another one.")
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
        if value and path in self._offsets:
            del self.written[start:]
            self.written += varint(2 * (value + self._by))

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
            if byte < 128:
                return value
            if (shift := shift + 7) >= BITS:
                raise ValueError("A number has more than 64 bits.")


def _unzigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)


def varint(value: int) -> bytes:
    """A number from 0 on, seven bits in a byte."""
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    written.append(value)
    return bytes(written)
