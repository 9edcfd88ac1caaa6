"""Parquet as rows; what is damaged is told, and what a few bytes unpack to is bounded."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
from pyarrow import parquet

from twinserve.bulk.checked import Checked
from twinserve.bulk.malformed import MalformedTable, TooManyCells
from twinserve.bulk.options import ALONE, Bounds, Options
from twinserve.bulk.reading.arrow_reader import ArrowReader
from twinserve.bulk.reading.batch_parts import parts_of
from twinserve.bulk.reading.parquet_chunks import ENCRYPTED, MOST, ColumnChunk, column_chunks
from twinserve.bulk.reading.parquet_pages import DAMAGED, Pages
from twinserve.bulk.reading.rows import Chunk
from twinserve.bulk.version import BulkVersion

MAGICS: Final = (b"PAR1", b"PARE")
"""How files begin; the second one has an encrypted footer."""
REFUSED: Final = (pa.ArrowException, OSError, ValueError, NotImplementedError)
"""What pyarrow raises for what it cannot read."""
DELTAS: Final = frozenset((6, 7))
"""DELTA_LENGTH_BYTE_ARRAY and DELTA_BYTE_ARRAY, whose values have no place in a dictionary."""
ANY: Final = 1 << 31
"""Bytes of a footer of a file of one's own."""
BUFFER: Final = 1 << 16
"""Bytes of each column that are read at a time. Without it pyarrow holds all columns of a group of rows: 330 MB of a
million rows of 30 columns, where this takes 90 and half of the time."""


class ParquetRows:
    """The rows of a whole file."""

    def __init__(
        self, file: Any, version: BulkVersion, options: Options, bounds: Bounds = ALONE, *, alone: bool = True
    ) -> None:
        """`alone`: a group of rows after the other, each read by all cores, so that a run can go on with any of them.
        Else batches may span groups, of which some have few rows."""
        schema = schema_of(file)
        texts = texts_of(schema)
        chunks = _chunks_of(file, alone=alone) if texts or not alone else []  # A footer of MB takes a second.
        self._file = _opened(file, coded_of(texts, chunks), alone=alone)
        self._bounds, self._is_alone = bounds, alone
        require_cells(self._file, bounds.cells)
        self.check = ArrowReader(version, self._file.schema_arrow, options.passed)
        self.kept = self.check.kept
        if not alone:  # Of a file of one's own nothing is bounded.
            require_bytes(file, chunks, self.check.wanted, bounds)
        self.total = self._file.metadata.num_rows

    def chunks(self, start: int = 0) -> Iterator[Chunk]:
        """The rows from a place on."""
        place, groups = 0, range(self._file.num_row_groups)
        for some in [[group] for group in groups] if self._is_alone else [[*groups]]:
            rows = sum(self._file.metadata.row_group(group).num_rows for group in some)
            if place + rows <= start:
                place += rows
                continue
            batches = self._file.iter_batches(
                self._bounds.rows, some, columns=self.check.wanted, use_threads=self._is_alone
            )
            while (batch := next_batch(batches)) is not None:
                for part in parts_of(batch, self._bounds.rows, self.check.repeated):
                    place += part.num_rows
                    if place > start:
                        yield Chunk(part, place)


class SpooledParquet:
    """Parquet as `Rows`. Its footer comes last: all of it is kept in a temporary file."""

    def __init__(self, version: BulkVersion, options: Options, bounds: Bounds) -> None:
        self._given = version, options, bounds
        self._file: IO[bytes] | None = None
        self._rows: ParquetRows | None = None

    @property
    def kept(self) -> Mapping[str, pa.DataType]:
        """See `Rows`."""
        return {} if self._rows is None else self._rows.kept

    def check(self, rows: pa.RecordBatch) -> Checked:
        """See `Rows`."""
        if self._rows is None:
            raise TypeError("The footer comes first.")
        return self._rows.check(rows)

    def feed(self, piece: bytes) -> Iterator[Chunk]:
        """See `Rows`; raises OSError where there is no room for the file."""
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # It lives as long as the body comes.
        self._file.write(piece)
        return iter(())

    def end(self) -> Iterator[Chunk]:
        """See `Rows`."""
        if self._file is None:
            raise MalformedTable("The bytes are no Parquet file.")
        with self._file as file:
            file.seek(0)
            self._rows = ParquetRows(file, *self._given, alone=False)
            yield from self._rows.chunks()

    def close(self) -> None:
        """See `Rows`."""
        if self._file is not None:
            self._file.close()


def schema_of(file: Any) -> pa.Schema:
    """The columns of a Parquet file; raises `MalformedTable`."""
    try:
        return parquet.read_schema(file)
    except REFUSED as error:
        raise (_damaged(error) if _begins_well(file) else MalformedTable("The bytes are no Parquet file.")) from None


def texts_of(schema: pa.Schema) -> list[str]:
    """The columns of texts."""
    return [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]


def coded_of(texts: Sequence[str], chunks: Iterable[ColumnChunk]) -> list[str]:
    """Those that pyarrow can read as places in dictionaries."""
    others = {chunk.path for chunk in chunks if chunk.encodings & DELTAS}
    return [name for name in texts if name not in others]


def _begins_well(file: Any) -> bool:
    with _open(file) as held:
        held.seek(0)
        return held.read(4) in MAGICS


def _damaged(error: Exception) -> MalformedTable:
    return MalformedTable(ENCRYPTED if "crypt" in str(error) else DAMAGED)


def _chunks_of(file: Any, *, alone: bool) -> list[ColumnChunk]:
    with _open(file) as held:
        return [*column_chunks(held, ANY if alone else MOST)]


@contextmanager
def _open(file: Any) -> Iterator[IO[bytes]]:
    """The file of a path; one that is open stays so."""
    if not isinstance(file, str):
        yield file
        return
    with Path(file).open("rb") as held:
        yield held


def _opened(file: Any, texts: Sequence[str], *, alone: bool) -> parquet.ParquetFile:
    try:
        return parquet.ParquetFile(file, read_dictionary=texts, pre_buffer=alone, buffer_size=BUFFER)
    except REFUSED as error:
        raise _damaged(error) from None


def require_cells(opened: parquet.ParquetFile, most: int) -> None:
    """Raise `TooManyCells` if the file says that it holds more: in a few bytes a value may come a billion times."""
    facts = opened.metadata
    rows = sum(facts.row_group(number).num_rows for number in range(facts.num_row_groups))
    if max(rows, facts.num_rows) * max(1, facts.num_columns) > most:
        raise TooManyCells(f"A table may have {most} cells at most.")


def require_bytes(file: IO[bytes], chunks: Iterable[ColumnChunk], columns: Sequence[str], bounds: Bounds) -> None:
    """Raise `TooManyCells` if the file, or one of its pages, says that these columns, or one of them in a group of
    rows, unpack to more."""
    pages, total = Pages(file.fileno()), 0
    for chunk in chunks:
        if any(chunk.path == name or chunk.path.startswith(f"{name}.") for name in columns):
            size = max(0, chunk.unpacked)
            if size <= bounds.chunk:
                size = max(size, pages.unpacked(chunk, bounds.chunk))
            total += size
            if size > bounds.chunk:
                limit = bounds.chunk >> 20
                raise TooManyCells(f"A column may have {limit} MiB in a group of rows; write smaller groups.")
    if total > bounds.cells:
        raise TooManyCells(f"The columns of a table may have {bounds.cells} bytes at most, unpacked.")


def next_batch(batches: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
    """The next batch, None after the last one; raises `MalformedTable`."""
    try:
        batch = next(batches, None)
        if batch is not None:
            batch.validate(full=True)
        return batch
    except REFUSED as error:
        raise _damaged(error) from None
