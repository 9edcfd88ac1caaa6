"""Arrow's stream format in pieces: cuts bytes into messages, and gives the record batches that are there.

pyarrow reads a stream from a file only, and would wait for bytes that have not come. So the frame of each message is
read here (https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format), and pyarrow gets a stream
of one batch: the schema, the dictionaries so far, and the batch.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

import pyarrow as pa

from twinserve.bulk.csv_rows import MalformedTable

LONGEST: Final = 256 << 20
"""Bytes of a message at most, unpacked: pyarrow writes a table of any size as one batch unless it is told not to."""
MOST_ROWS: Final = 8
"""Rows for each byte of a batch at most: a boolean takes a bit."""
CONTINUES: Final = 0xFFFFFFFF
SCHEMA, DICTIONARY, BATCH = 1, 2, 3
VERSION, KIND, HEADER, BODY_LENGTH = 0, 1, 2, 3
"""The fields of the table `Message`."""
NO_STREAM: Final = "The bytes are no Arrow stream."
END: Final = struct.pack("<II", CONTINUES, 0)


def too_long(longest: int) -> MalformedTable:
    """The error for a message of more bytes."""
    return MalformedTable(f"A record batch may have {longest >> 20} MiB at most; write smaller ones (max_chunksize).")


class Message(NamedTuple):
    """One message with its frame."""

    kind: int
    content: bytes
    is_delta: bool
    """Does a dictionary go on where the one of the same number ended?"""
    number: int
    """Of the dictionary."""
    size: int
    """Bytes, unpacked."""


class Batches:
    """The record batches of a stream that comes in pieces."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._held, self._longest = bytearray(), longest
        self._needed = 8
        self._schema: bytes | None = None
        self._dictionaries: dict[int, list[bytes]] = {}
        self._is_over = False
        self.schema: pa.Schema | None = None
        """Known once its message was there."""

    def feed(self, piece: bytes) -> Iterator[pa.RecordBatch]:
        """The batches that this piece ends; raises `MalformedTable`."""
        self._held += piece
        while len(self._held) >= self._needed and not self._is_over:
            message = self._message()
            if message is not None:
                yield from self._batches(message)

    def end(self) -> None:
        """After the last piece; raises `MalformedTable` unless a schema was there, and nothing is left over."""
        if self.schema is None or (self._held and not self._is_over):
            raise MalformedTable(NO_STREAM)

    def _message(self) -> Message | None:
        """The first message, where all of it is there."""
        mark, size = struct.unpack_from("<Ii", self._held)
        if mark != CONTINUES or size < 0 or size > self._longest:
            raise MalformedTable(NO_STREAM)
        if size == 0:
            self._is_over = True
            return None
        if len(self._held) < 8 + size:
            self._needed = 8 + size
            return None
        try:
            table = _Table.root(bytes(self._held[8 : 8 + size]))
            body = table.number(BODY_LENGTH, "<q")
            kind = table.number(KIND, "<B")
            header = table.below(HEADER)
        except (struct.error, IndexError, ValueError):
            raise MalformedTable(NO_STREAM) from None
        if not body >= 0:
            raise MalformedTable(NO_STREAM)
        if body > self._longest:
            raise too_long(self._longest)
        end = 8 + size + body
        if len(self._held) < end:
            self._needed = end
            return None
        content = bytes(self._held[:end])
        del self._held[:end]
        self._needed = 8
        try:
            batch = header.below(1) if kind == DICTIONARY else header
            unpacked = batch.unpacked(content[8 + size :]) if kind in (DICTIONARY, BATCH) else len(content)
            if unpacked > self._longest:
                raise too_long(self._longest)
            is_delta = kind == DICTIONARY and bool(header.number(2, "<B"))
            number = header.number(0, "<q") if kind == DICTIONARY else 0
            return Message(kind, content, is_delta, number, max(unpacked, len(content)))
        except (struct.error, IndexError, ValueError):
            raise MalformedTable(NO_STREAM) from None

    def _batches(self, message: Message) -> Iterator[pa.RecordBatch]:
        if message.kind == SCHEMA and self._schema is None:
            self._schema = message.content
            self.schema = self._opened(b"").schema
        elif self._schema is None:
            raise MalformedTable(NO_STREAM)
        elif message.kind == DICTIONARY:
            held = self._dictionaries.setdefault(message.number, []) if message.is_delta else []
            self._dictionaries[message.number] = [*held, message.content]
            if sum(len(part) for parts in self._dictionaries.values() for part in parts) > self._longest:
                raise too_long(self._longest)
        elif message.kind == BATCH:
            yield self._batch(message)

    def _batch(self, message: Message) -> pa.RecordBatch:
        """A record batch whose every place of a text or of a dictionary is within its bytes: pyarrow checks no more
        than it is asked to. Of columns that hold nothing but nulls a few bytes may claim any number of rows."""
        try:
            batch = self._opened(message.content).read_next_batch()
            batch.validate(full=True)
        except (pa.ArrowException, OSError, ValueError, StopIteration):
            raise MalformedTable(NO_STREAM) from None
        if batch.num_rows > MOST_ROWS * message.size:
            raise MalformedTable(NO_STREAM)
        return batch

    def _opened(self, batch: bytes) -> pa.RecordBatchReader:
        dictionaries = (part for parts in self._dictionaries.values() for part in parts)
        stream = b"".join([self._schema or b"", *(dictionaries if batch else ()), batch, END])
        try:
            return pa.ipc.open_stream(pa.py_buffer(stream))
        except (pa.ArrowException, OSError, ValueError):
            raise MalformedTable(NO_STREAM) from None


class _Table:
    """A table of a flatbuffer, as far as frames need it (https://flatbuffers.dev/internals)."""

    def __init__(self, held: bytes, start: int) -> None:
        self._held, self._start = held, start
        self._fields = start - struct.unpack_from("<i", held, start)[0]
        if self._fields < 0:
            raise ValueError("No table is there.")

    @classmethod
    def root(cls, held: bytes) -> _Table:
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

    def below(self, field: int) -> _Table:
        """A table within this one."""
        place = self._place(field)
        if place is None:
            raise ValueError("A table is missing.")
        return _Table(self._held, place + struct.unpack_from("<I", self._held, place)[0])

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
