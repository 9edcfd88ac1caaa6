"""Parquet and Arrow files as chunks of rows."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

import pyarrow as pa

from twinserve.bulk.arrow_forms import kept_types, wanted
from twinserve.bulk.arrow_messages import Batches
from twinserve.bulk.arrow_rows import ArrowReader
from twinserve.bulk.checked import Checked
from twinserve.bulk.files.source import Chunk, Source
from twinserve.bulk.forms import Form
from twinserve.bulk.malformed import MalformedTable
from twinserve.bulk.options import ALONE, Options
from twinserve.bulk.parquet_files import next_batch, open_parquet
from twinserve.bulk.version import BulkVersion

MAGIC: Final = b"ARROW1"
PIECE: Final = 1 << 20
NO_ARROW: Final = "The bytes are no Arrow file."


def arrow_source(
    path: str, form: Form, version: BulkVersion, options: Options, standard_input: BinaryIO | None
) -> Source:
    """The rows of an Arrow or Parquet file; see `open_source`."""
    if form == "parquet":
        held = path if standard_input is None else io.BytesIO(standard_input.read())
        return ParquetSource(held, version, options)
    if standard_input is not None:
        return ArrowStream(standard_input, version, options)
    stream = pa.OSFile(path)
    if stream.read(len(MAGIC)) == MAGIC:
        return ArrowFile(path, version, options)
    stream.seek(0)
    return ArrowStream(stream, version, options)


class _Batches:
    """Record batches of one schema."""

    total: int | None = None

    def __init__(self, schema: pa.Schema, version: BulkVersion, options: Options) -> None:
        self._check = ArrowReader(version, schema, options.passed)
        self.kept: Mapping[str, pa.DataType] = kept_types(schema, options.passed)

    def check(self, rows: pa.RecordBatch) -> Checked:
        """See `Source`."""
        return self._check(rows)

    def parts(self, batches: Iterator[pa.RecordBatch], place: int, start: int) -> Iterator[Chunk]:
        """The rows of these batches, the first of which is at `place`, from `start` on."""
        for batch in batches:
            for first in range(0, batch.num_rows, ALONE.rows):
                part = batch.slice(first, ALONE.rows)
                place += part.num_rows
                if place > start:
                    yield Chunk(part, place)


class ParquetSource(_Batches):
    """Parquet: a group of rows after the other, each read by all cores."""

    def __init__(self, file: Any, version: BulkVersion, options: Options) -> None:
        self._file = open_parquet(file, pre_buffer=True)
        schema = self._file.schema_arrow
        super().__init__(schema, version, options)
        self.total = self._file.metadata.num_rows
        self._columns = wanted(self._check, schema)

    def chunks(self, start: int) -> Iterator[Chunk]:
        """See `Source`."""
        place = 0
        for group in range(self._file.num_row_groups):
            rows = self._file.metadata.row_group(group).num_rows
            if place + rows > start:
                batches = self._file.iter_batches(ALONE.rows, [group], list(self._columns))
                yield from self.parts(_all(batches), place, start)
            place += rows


def _all(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    while (batch := next_batch(batches)) is not None:
        yield batch


class ArrowFile(_Batches):
    """Arrow's file format, mapped into memory."""

    def __init__(self, path: str, version: BulkVersion, options: Options) -> None:
        try:
            self._file = pa.ipc.open_file(pa.memory_map(path))
        except (pa.ArrowException, OSError, ValueError):
            raise MalformedTable(NO_ARROW) from None
        super().__init__(self._file.schema, version, options)

    def chunks(self, start: int) -> Iterator[Chunk]:
        """See `Source`."""
        yield from self.parts(self._read(), 0, start)

    def _read(self) -> Iterator[pa.RecordBatch]:
        for number in range(self._file.num_record_batches):
            try:
                batch = self._file.get_batch(number)
                batch.validate(full=True)  # A place outside of its bytes would end the process.
            except (pa.ArrowException, OSError, ValueError):
                raise MalformedTable("The Arrow file is damaged.") from None
            yield batch


class ArrowStream(_Batches):
    """Arrow's stream format."""

    def __init__(self, stream: BinaryIO, version: BulkVersion, options: Options) -> None:
        self._stream, self._batches = stream, Batches()
        self._first: list[pa.RecordBatch] = []
        while self._batches.schema is None:
            piece = stream.read(PIECE)
            self._first += self._batches.feed(piece)
            if not piece:
                self._batches.end()
        super().__init__(self._batches.schema, version, options)

    def chunks(self, start: int) -> Iterator[Chunk]:
        """See `Source`."""
        yield from self.parts(self._read(), 0, start)

    def _read(self) -> Iterator[pa.RecordBatch]:
        yield from self._first
        while piece := self._stream.read(PIECE):
            yield from self._batches.feed(piece)
        self._batches.end()
