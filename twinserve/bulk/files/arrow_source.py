"""Parquet and Arrow files as chunks of rows."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, Final

import pyarrow as pa

from twinserve.bulk.files.source import Pulled, Source, blocks_of
from twinserve.bulk.forms import Form
from twinserve.bulk.malformed import MalformedTable
from twinserve.bulk.options import ALONE, Options
from twinserve.bulk.reading.arrow_reader import ArrowReader
from twinserve.bulk.reading.arrow_stream import ArrowRows
from twinserve.bulk.reading.batch_parts import parts_of
from twinserve.bulk.reading.parquet_rows import ParquetRows
from twinserve.bulk.reading.rows import Chunk
from twinserve.bulk.version import BulkVersion

MAGIC: Final = b"ARROW1"
NO_ARROW: Final = "The bytes are no Arrow file."


def arrow_source(
    path: str, form: Form, version: BulkVersion, options: Options, standard_input: BinaryIO | None
) -> Source:
    """The rows of an Arrow or Parquet file; see `open_source`."""
    if form == "parquet":
        held = path if standard_input is None else io.BytesIO(standard_input.read())
        return ParquetRows(held, version, options)
    if standard_input is not None:
        return Pulled(blocks_of(standard_input), ArrowRows(version, options, ALONE))
    stream = pa.OSFile(path)
    if stream.read(len(MAGIC)) == MAGIC:
        return ArrowFile(path, version, options)
    stream.seek(0)
    return Pulled(blocks_of(stream), ArrowRows(version, options, ALONE))


class ArrowFile:
    """Arrow's file format, mapped into memory: its batches are found by the index at its end."""

    total: int | None = None

    def __init__(self, path: str, version: BulkVersion, options: Options) -> None:
        try:
            self._file = pa.ipc.open_file(pa.memory_map(path))
        except (pa.ArrowException, OSError, ValueError):
            raise MalformedTable(NO_ARROW) from None
        self.check = ArrowReader(version, self._file.schema, options.passed)
        self.kept = self.check.kept

    def chunks(self, start: int) -> Iterator[Chunk]:
        """See `Source`."""
        place = 0
        for part in self._parts():
            place += part.num_rows
            if place > start:
                yield Chunk(part, place)

    def _parts(self) -> Iterator[pa.RecordBatch]:
        for number in range(self._file.num_record_batches):
            try:
                batch = self._file.get_batch(number)
                batch.validate(full=True)  # A place outside of its bytes would end the process.
            except (pa.ArrowException, OSError, ValueError):
                raise MalformedTable("The Arrow file is damaged.") from None
            yield from parts_of(batch, ALONE.rows, self.check.repeated)
