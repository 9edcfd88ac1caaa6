"""Answers as an Arrow stream, or as Parquet."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

from twinserve.bulk.malformed import MalformedTable
from twinserve.bulk.options import GROUP
from twinserve.bulk.writing.arrow_answers import ArrowWriter
from twinserve.bulk.writing.parquet_footer import MAGIC, moved, split, whole
from twinserve.bulk.writing.sinks import Group

END: Final = b"\xff\xff\xff\xff\x00\x00\x00\x00"


class ArrowSink:
    """An Arrow stream, the messages of which are the same wherever they stand."""

    rows_of_group = 1

    def __init__(self, answers: ArrowWriter) -> None:
        self._schema, self.encode = answers.schema, answers.plain
        self.head = self._stream([])

    def _stream(self, parts: Sequence[pa.RecordBatch]) -> bytes:
        """The stream of some batches, without its end."""
        held = io.BytesIO()
        with pa.ipc.new_stream(held, self._schema) as writer:
            for part in parts:
                writer.write_batch(part)
        return held.getvalue().removesuffix(END)

    def group(self, parts: Sequence[pa.RecordBatch], place: int) -> Group:  # noqa: ARG002  # As said above.
        """See `Sink`."""
        return Group(self._stream(parts)[len(self.head) :])

    def tail(self, notes: Sequence[str], place: int) -> bytes:  # noqa: ARG002  # A stream ends in one way.
        """See `Sink`."""
        return END


class ParquetSink:
    """Parquet: each group is written as a file of its own, whose footer is then moved."""

    head, rows_of_group = MAGIC, GROUP

    def __init__(self, answers: ArrowWriter) -> None:
        self._answers = answers
        self.encode = answers.encoded

    def group(self, parts: Sequence[Any], place: int) -> Group:
        """See `Sink`."""
        pages, footer = split(self._file(parts))
        return Group(pages, base64.b85encode(moved(footer, place - len(MAGIC))).decode())

    def _file(self, parts: Sequence[Any]) -> bytes:
        sink = io.BytesIO()
        with parquet_writer(sink, self._answers) as writer:
            if parts:
                table = pa.Table.from_batches(parts, self._answers.encoded_schema)
                write_group(writer, table, 2 * GROUP)
        return sink.getvalue()

    def tail(self, notes: Sequence[str], place: int) -> bytes:
        """See `Sink`."""
        footers = [base64.b85decode(note) for note in notes] or [moved(split(self._file([]))[1], place - len(MAGIC))]
        first, *others = [parquet.read_metadata(io.BytesIO(whole(footer))) for footer in footers]
        for other in others:
            first.append_row_groups(other)
        end = io.BytesIO()
        first.write_metadata_file(end)
        return end.getvalue()[len(MAGIC) :]


def parquet_writer(sink: Any, answers: ArrowWriter) -> parquet.ParquetWriter:
    """A writer of the answers. Numbers are not looked up in dictionaries: hardly any comes twice, and looking takes
    longer than writing."""
    texts = [field.name for field in answers.encoded_schema if not pa.types.is_floating(field.type)]
    return parquet.ParquetWriter(sink, answers.encoded_schema, use_dictionary=texts, store_schema=False)


def write_group(writer: parquet.ParquetWriter, table: pa.Table, rows: int) -> None:
    """Write some rows; raises `MalformedTable` for a value that comes back and has no place in Parquet, as an instant
    far away: its coarsest unit is a millisecond."""
    try:
        writer.write_table(table, row_group_size=rows)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise MalformedTable("A column that comes back has a value that Parquet cannot hold.") from None
