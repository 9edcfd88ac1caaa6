"""Arrow's stream format in pieces: cuts bytes into messages, and gives the record batches that are there.

pyarrow reads a stream from a file only, and would wait for bytes that have not come. So the frame of each message is
read here (https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format), and one reader of pyarrow's
gets whole messages, as many as it needs for the next batch. It keeps the dictionaries.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from twinserve.bulk.malformed import NAMES, MalformedTable
from twinserve.bulk.reading.flatbuffer import FlatTable

LONGEST: Final = 256 << 20
"""Bytes of a message at most, unpacked: pyarrow writes a table of any size as one batch unless it is told not to."""
MOST_ROWS: Final = 8
"""Rows for each byte of a batch at most: a boolean takes a bit."""
CONTINUES: Final = 0xFFFFFFFF
SCHEMA, DICTIONARY, BATCH = 1, 2, 3
VERSION, KIND, HEADER, BODY_LENGTH = 0, 1, 2, 3
"""The fields of the table `Message`."""
NO_STREAM: Final = "The bytes are no Arrow stream."
DAMAGED: Final = "The Arrow stream is damaged, or cut off."


def too_long(longest: int) -> MalformedTable:
    """The error for a message of more bytes."""
    return MalformedTable(
        f"A record batch and its dictionaries may have {longest >> 20} MiB at most; write smaller ones (max_chunksize)."
    )


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
        self._given = _Given()
        self._reader: pa.RecordBatchReader | None = None
        self._dictionaries: dict[int, int] = {}
        """The bytes of each, unpacked."""
        self._waiting = 0
        """Bytes of those that came since the last batch: they are kept until the next one, also where one takes the
        place of another."""
        self._valid: dict[int, pa.Array] = {}
        """The dictionaries that were looked at, by column: one of many bytes may stand before many small batches."""
        self._is_over = False
        self.schema: pa.Schema | None = None
        """Known once its message was there."""

    def feed(self, piece: bytes) -> Iterator[pa.RecordBatch]:
        """The batches that this piece ends; raises `MalformedTable`."""
        if self._is_over:
            return  # Nothing belongs behind the end, and nothing of it is kept.
        self._held += piece
        while len(self._held) >= self._needed and not self._is_over:
            message = self._message()
            if message is not None:
                yield from self._batches(message)

    def end(self) -> None:
        """After the last piece; raises `MalformedTable` unless a schema was there, and nothing is left over."""
        if self._held and not self._is_over:
            is_stream = self.schema is not None or len(self._held) >= 8  # The frame of a message was looked at.
            raise MalformedTable(DAMAGED if is_stream else NO_STREAM)
        if self.schema is None:
            raise MalformedTable(NO_STREAM)

    def _message(self) -> Message | None:
        """The first message, where all of it is there."""
        mark, size = struct.unpack_from("<Ii", self._held)
        if mark != CONTINUES or size < 0 or size > self._longest:
            raise MalformedTable(NO_STREAM)
        if size == 0:
            self._is_over = True
            self._held.clear()
            return None
        if len(self._held) < 8 + size:
            self._needed = 8 + size
            return None
        try:
            table = FlatTable.root(bytes(self._held[8 : 8 + size]))
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
        if message.kind == SCHEMA and self._reader is None:
            self._reader = self._opened(message.content)
            self.schema = self._reader.schema
        elif self._reader is None:
            raise MalformedTable(NO_STREAM)
        elif message.kind == DICTIONARY:
            before = self._dictionaries.get(message.number, 0) if message.is_delta else 0
            self._dictionaries[message.number] = before + message.size
            self._waiting += message.size
            self._require_room(0)
            self._given.add(message.content)
        elif message.kind == BATCH:
            self._require_room(message.size)
            self._given.add(message.content)
            self._waiting = 0
            yield self._batch(self._reader, message)

    def _require_room(self, batch: int) -> None:
        """The dictionaries are in memory together with each batch, all of them unpacked."""
        if max(self._waiting, sum(self._dictionaries.values())) + batch > self._longest:
            raise too_long(self._longest)

    def _batch(self, reader: pa.RecordBatchReader, message: Message) -> pa.RecordBatch:
        """A record batch whose every place of a text or of a dictionary is within its bytes: pyarrow checks no more
        than it is asked to. Of columns that hold nothing but nulls a few bytes may claim any number of rows."""
        try:
            batch = reader.read_next_batch()
            for place, column in enumerate(batch.columns):
                self._validate(place, column)
            batch.validate()
        except (pa.ArrowException, OSError, ValueError, StopIteration):
            raise MalformedTable(DAMAGED) from None
        if batch.num_rows > MOST_ROWS * message.size or not self._given.is_empty:
            raise MalformedTable(DAMAGED)
        return batch

    def _validate(self, place: int, column: pa.Array) -> None:
        """Raise what pyarrow does for a damaged column; a dictionary is looked at once."""
        if not pa.types.is_dictionary(column.type):
            column.validate(full=True)
            return
        held, before = column.dictionary, self._valid.get(place)
        if before is None or _places(held) != _places(before):  # It is held, so no other one comes into its place.
            column.validate(full=True)
            self._valid[place] = held
            return
        column.indices.validate(full=True)
        ends = pc.min_max(column.indices).as_py()
        if ends["min"] is not None and not 0 <= ends["min"] <= ends["max"] < len(held):
            raise ValueError("A place is not in the dictionary.")

    def _opened(self, schema: bytes) -> pa.RecordBatchReader:
        self._given.add(schema)
        try:
            reader = pa.ipc.open_stream(pa.PythonFile(self._given, "r"))
            reader.schema.names  # noqa: B018  # What cannot be read of them would be told of the first batch.
            return reader
        except UnicodeDecodeError:
            raise MalformedTable(NAMES) from None
        except (pa.ArrowException, OSError, ValueError):
            raise MalformedTable(NO_STREAM) from None


def _places(held: pa.Array) -> tuple[int, ...]:
    return (len(held), held.offset, *(0 if one is None else one.address for one in held.buffers()))


class _Given:
    """A file with the messages that are there; behind them it ends, until there are more."""

    closed = False

    def __init__(self) -> None:
        self._messages: deque[memoryview] = deque()

    @property
    def is_empty(self) -> bool:
        return not self._messages

    def add(self, message: bytes) -> None:
        self._messages.append(memoryview(message))

    def read(self, size: int) -> bytes:
        """At most so many bytes, of one message: the reader asks for no more than the rest of one."""
        if not self._messages:
            return b""
        first = self._messages.popleft()
        if len(first) > size:
            self._messages.appendleft(first[size:])
        return bytes(first[:size])

    def close(self) -> None:
        """Nothing is open."""

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False
