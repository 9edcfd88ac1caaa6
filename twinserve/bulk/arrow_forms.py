"""Arrow streams and Parquet as forms of `Scoring`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, Final

import pyarrow as pa
from pyarrow import parquet

from twinserve.bulk.answer_table import AnswerTable
from twinserve.bulk.answering import Answered
from twinserve.bulk.arrow_answers import ArrowWriter
from twinserve.bulk.arrow_messages import Batches
from twinserve.bulk.arrow_rows import ArrowReader
from twinserve.bulk.checked import Checked
from twinserve.bulk.malformed import MalformedTable
from twinserve.bulk.options import GROUP, Bounds, Options
from twinserve.bulk.parquet_files import next_batch, open_parquet, require_bytes, require_cells
from twinserve.bulk.version import BulkVersion

PIECE: Final = 1 << 20
"""Bytes that are given out at a time."""


class ReadArrow:
    """Reads an Arrow stream."""

    def __init__(self, version: BulkVersion, options: Options, bounds: Bounds) -> None:
        self._version, self._passed = version, options.passed
        self._batches, self._most = Batches(bounds.message), bounds.rows
        self._check: ArrowReader | None = None

    @property
    def kept(self) -> Mapping[str, pa.DataType]:
        """The types of the columns that come back, known from the first row on."""
        return kept_types(self._batches.schema, self._passed)

    def feed(self, piece: bytes) -> Iterator[Checked]:
        """See `Reading`."""
        batches = self._batches.feed(piece)
        while True:
            batch = next(batches, None)
            if self._check is None and self._batches.schema is not None:
                self._check = reader_of(self._version, self._batches.schema, self._passed)
            if batch is None or self._check is None:
                return
            for start in range(0, batch.num_rows, self._most):
                yield self._check(batch.slice(start, self._most))

    def end(self) -> Iterator[Checked]:
        """See `Reading`."""
        self._batches.end()
        return iter(())


class ReadParquet:
    """Reads Parquet, whose footer comes last: all of it is kept in a temporary file."""

    def __init__(self, version: BulkVersion, options: Options, bounds: Bounds) -> None:
        self._version, self._passed = version, options.passed
        self._bounds = bounds
        self._file: IO[bytes] | None = None
        self.kept: Mapping[str, pa.DataType] = {}

    def close(self) -> None:
        """Drop the temporary file."""
        if self._file is not None:
            self._file.close()

    def feed(self, piece: bytes) -> Iterator[Checked]:
        """See `Reading`; raises OSError where there is no room for the file."""
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # It lives as long as the body comes.
        self._file.write(piece)
        return iter(())

    def end(self) -> Iterator[Checked]:
        """See `Reading`."""
        if self._file is None:
            raise MalformedTable("The bytes are no Parquet file.")
        with self._file as file:
            file.seek(0)
            opened = open_parquet(file)
            require_cells(opened, self._bounds.cells)
            check = reader_of(self._version, opened.schema_arrow, self._passed)
            self.kept = kept_types(opened.schema_arrow, self._passed)
            columns = wanted(check, opened.schema_arrow)
            require_bytes(opened, columns, self._bounds)
            batches = opened.iter_batches(self._bounds.rows, columns=columns, use_threads=False)
            while (batch := next_batch(batches)) is not None:
                yield check(batch)


def reader_of(version: BulkVersion, schema: pa.Schema, passed: Sequence[str]) -> ArrowReader:
    """What reads batches of this schema; raises `MalformedTable` if a name in it is not UTF-8."""
    try:
        return ArrowReader(version, schema, passed)
    except UnicodeDecodeError:
        raise MalformedTable("The names of the columns must be in UTF-8.") from None


def wanted(check: ArrowReader, schema: pa.Schema) -> Sequence[str]:
    """The columns that need be read: the model's, with structs as a whole, and those that come back."""
    used = check.used
    return [name for name in schema.names if name in used or any(one.startswith(f"{name}.") for one in used)]


def kept_types(schema: pa.Schema | None, passed: Sequence[str]) -> Mapping[str, pa.DataType]:
    """The types of the columns that come back."""
    if schema is None:
        return {}
    flat = schema.empty_table().flatten().schema
    found = {name: (schema if name in schema.names else flat) for name in passed}
    return {name: where.field(name).type for name, where in found.items() if name in where.names}


class _Pieces:
    """A file that only remembers what is written."""

    closed = False

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: Any) -> int:
        self._held.append(bytes(data))
        self._size += len(self._held[-1])
        return len(self._held[-1])

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def taken(self) -> bytes:
        """What was written since the last call."""
        held, self._held = b"".join(self._held), []
        return held


class WriteArrow:
    """Writes an Arrow stream."""

    def __init__(self, version: BulkVersion, options: Options, reading: Any) -> None:
        self._table, self._passed = AnswerTable(version, options), options.passed
        self._reading, self._pieces = reading, _Pieces()
        self._writer: pa.RecordBatchStreamWriter | None = None
        self._answers: ArrowWriter | None = None

    def write(self, answered: Answered) -> bytes:
        """See `Writing`."""
        answers, writer = self._begun()
        writer.write_batch(answers.plain(answered))
        return self._pieces.taken()

    def _begun(self) -> tuple[ArrowWriter, pa.RecordBatchStreamWriter]:
        if self._writer is None or self._answers is None:
            self._answers = ArrowWriter(self._table, self._passed, getattr(self._reading, "kept", {}))
            self._writer = pa.ipc.new_stream(pa.PythonFile(self._pieces, "w"), self._answers.schema)
        return self._answers, self._writer

    def end(self) -> Iterator[bytes]:
        """See `Writing`."""
        self._begun()[1].close()
        yield self._pieces.taken()


class WriteParquet:
    """Writes Parquet, in groups of rows."""

    def __init__(self, version: BulkVersion, options: Options, reading: Any) -> None:
        self._table, self._passed = AnswerTable(version, options), options.passed
        self._reading, self._pieces = reading, _Pieces()
        self._writer: parquet.ParquetWriter | None = None
        self._answers: ArrowWriter | None = None
        self._held: list[pa.RecordBatch] = []

    def write(self, answered: Answered) -> bytes:
        """See `Writing`."""
        self._held.append(self._begun()[0].encoded(answered))
        if sum(batch.num_rows for batch in self._held) >= GROUP:
            self._flush()
        return self._pieces.taken()

    def _begun(self) -> tuple[ArrowWriter, parquet.ParquetWriter]:
        if self._writer is None or self._answers is None:
            self._answers = ArrowWriter(self._table, self._passed, getattr(self._reading, "kept", {}))
            self._writer = parquet_writer(pa.PythonFile(self._pieces, "w"), self._answers)
        return self._answers, self._writer

    def _flush(self) -> None:
        answers, writer = self._begun()
        if self._held:
            write_group(writer, pa.Table.from_batches(self._held, answers.encoded_schema), GROUP)
        self._held = []

    def end(self) -> Iterator[bytes]:
        """See `Writing`."""
        self._flush()
        self._begun()[1].close()
        rest = self._pieces.taken()
        for start in range(0, len(rest), PIECE):
            yield rest[start : start + PIECE]


def parquet_writer(sink: Any, answers: ArrowWriter) -> parquet.ParquetWriter:
    """A writer of the answers. Numbers are not looked up in dictionaries: hardly any comes twice, and looking takes
    longer than writing."""
    texts = [field.name for field in answers.encoded_schema if not pa.types.is_floating(field.type)]
    return parquet.ParquetWriter(sink, answers.encoded_schema, use_dictionary=texts, store_schema=False)


def write_group(writer: parquet.ParquetWriter, table: pa.Table, rows: int) -> None:
    """Write some rows; raises `MalformedTable` for an instant that comes back and has no place in Parquet, whose
    coarsest unit is a millisecond."""
    try:
        writer.write_table(table, row_group_size=rows)
    except pa.ArrowInvalid:
        raise MalformedTable("A column that comes back has an instant that Parquet cannot hold.") from None
