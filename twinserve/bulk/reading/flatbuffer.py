"""Flatbuffers, as far as the frames of Arrow's messages need them."""

from __future__ import annotations

import struct


class FlatTable:
    """A table (https://flatbuffers.dev/internals). Damage raises struct.error, IndexError or ValueError."""

    def __init__(self, held: bytes, start: int) -> None:
        self._held, self._start = held, start
        self._fields = start - struct.unpack_from("<i", held, start)[0]
        if self._fields < 0:
            raise ValueError("No table is there.")

    @classmethod
    def root(cls, held: bytes) -> FlatTable:
        """The table that a message begins with."""
        return cls(held, struct.unpack_from("<I", held)[0])

    def _place(self, field: int) -> int | None:
        """Where the value of a field is; None where it has its default."""
        size = struct.unpack_from("<H", self._held, self._fields)[0]
        at = 4 + 2 * field
        offset = struct.unpack_from("<H", self._held, self._fields + at)[0] if at + 2 <= size else 0
        return self._start + offset if offset else None

    def number(self, field: int, form: str) -> int:
        """A scalar, 0 by default."""
        place = self._place(field)
        return 0 if place is None else int(struct.unpack_from(form, self._held, place)[0])

    def below(self, field: int) -> FlatTable:
        """A table within this one."""
        place = self._place(field)
        if place is None:
            raise ValueError("A table is missing.")
        return FlatTable(self._held, place + struct.unpack_from("<I", self._held, place)[0])

    def unpacked(self, body: bytes) -> int:
        """The bytes of a `RecordBatch` once its buffers are unpacked: each packed one begins with their number."""
        buffers, compression = self._place(2), self._place(3)
        if buffers is None or compression is None:
            return len(body)
        buffers += struct.unpack_from("<I", self._held, buffers)[0]
        total = 0
        for one in range(struct.unpack_from("<I", self._held, buffers)[0]):
            offset, length = struct.unpack_from("<qq", self._held, buffers + 4 + 16 * one)
            total += max(struct.unpack_from("<q", body, offset)[0], length) if length else 0
        return total
