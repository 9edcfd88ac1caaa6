"""Answers as the bytes of a file, in groups of rows of which each can be written without knowing the others."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from twinserve.bulk.answer_table import AnswerTable
from twinserve.bulk.answering import Answered
from twinserve.bulk.csv_answers import CsvWriter
from twinserve.bulk.files.parquet_footer import MAGIC, moved, split, whole
from twinserve.bulk.forms import Form
from twinserve.bulk.objects import Objects
from twinserve.bulk.options import GROUP, Options
from twinserve.bulk.version import BulkVersion


class Group(NamedTuple):
    """The bytes of some rows, and what the end of the file must say of them."""

    content: bytes
    note: str = ""


class Sink(Protocol):
    """One form of answers."""

    head: bytes
    """The first bytes of the file."""

    def encode(self, answered: Answered) -> Any:
        """Some answers, all but written; threads may call it."""

    def group(self, parts: Sequence[Any], place: int) -> Group:
        """The bytes of some encoded answers, which begin at this place in the file."""

    def tail(self, notes: Sequence[str], place: int) -> bytes:
        """The last bytes of the file."""


def open_sink(form: Form, version: BulkVersion, options: Options, kept: Mapping[str, Any]) -> Sink:
    """What writes a form; `kept` has the types of the columns that come back. Raises `AskedWrongly`."""
    if form == "ndjson":
        return LineSink(version)
    table = AnswerTable(version, options)
    if form == "csv":
        return CsvSink(CsvWriter(table, options.passed))
    from twinserve.bulk.arrow_answers import ArrowWriter
    from twinserve.bulk.files.arrow_sink import ArrowSink

    answers = ArrowWriter(table, options.passed, kept)
    return ParquetSink(answers) if form == "parquet" else ArrowSink(answers)


class LineSink:
    """NDJSON."""

    head = b""

    def __init__(self, version: BulkVersion) -> None:
        self._objects = Objects(version)

    def encode(self, answered: Answered) -> bytes:
        """See `Sink`."""
        return f"{self._objects.write(answered, NEXT)}\n".encode() if answered.rows else b""

    def group(self, parts: Sequence[bytes], place: int) -> Group:  # noqa: ARG002  # Lines may stand anywhere.
        """See `Sink`."""
        return Group(b"".join(parts))

    def tail(self, notes: Sequence[str], place: int) -> bytes:  # noqa: ARG002  # Nothing ends lines.
        """See `Sink`."""
        return b""


NEXT: Final = "\n"


class CsvSink(LineSink):
    """CSV."""

    def __init__(self, writer: CsvWriter) -> None:
        self._writer = writer
        self.head = writer.head.encode()

    def encode(self, answered: Answered) -> bytes:
        """See `Sink`."""
        return self._writer.write(answered).encode()


class ParquetSink:
    """Parquet: each group is written as a file of its own, whose footer is then moved."""

    head = MAGIC

    def __init__(self, answers: Any) -> None:
        self._answers = answers
        self.encode = answers.encoded

    def group(self, parts: Sequence[Any], place: int) -> Group:
        """See `Sink`."""
        pages, footer = split(self._file(parts))
        return Group(pages, base64.b85encode(moved(footer, place - len(MAGIC))).decode())

    def _file(self, parts: Sequence[Any]) -> bytes:
        import pyarrow as pa

        from twinserve.bulk.arrow_forms import parquet_writer, write_group

        sink = io.BytesIO()
        with parquet_writer(sink, self._answers) as writer:
            if parts:
                table = pa.Table.from_batches(parts, self._answers.encoded_schema)
                write_group(writer, table, 2 * GROUP)
        return sink.getvalue()

    def tail(self, notes: Sequence[str], place: int) -> bytes:
        """See `Sink`."""
        from pyarrow import parquet

        footers = [base64.b85decode(note) for note in notes] or [moved(split(self._file([]))[1], place - len(MAGIC))]
        first, *others = [parquet.read_metadata(io.BytesIO(whole(footer))) for footer in footers]
        for other in others:
            first.append_row_groups(other)
        end = io.BytesIO()
        first.write_metadata_file(end)
        return end.getvalue()[len(MAGIC) :]
