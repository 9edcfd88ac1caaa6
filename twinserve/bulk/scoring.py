"""`Scoring`: one body of many rows and its answers, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from twinserve.bulk.answer_table import AnswerTable
from twinserve.bulk.answering import Answered, Answering
from twinserve.bulk.checked import MOST_CHECKED, Checked
from twinserve.bulk.csv_answers import CsvWriter
from twinserve.bulk.csv_records import Records
from twinserve.bulk.csv_rows import CsvReader
from twinserve.bulk.forms import MEDIA_TYPES, Answer, Form, require_pyarrow
from twinserve.bulk.lines import Line, LineReader, Lines
from twinserve.bulk.objects import Objects
from twinserve.bulk.options import ALONE, Bounds, Options
from twinserve.bulk.version import BulkVersion
from twinserve.predict.rendering import Predict


class Reading(Protocol):
    """Bytes of one form into checked rows, in parts as large as the form and its bounds make them."""

    def feed(self, piece: bytes) -> Iterator[Checked]:
        """The rows that can be read now."""

    def end(self) -> Iterator[Checked]:
        """The rest, after the last piece."""


class Writing(Protocol):
    """Answers into bytes of one form."""

    def write(self, answered: Answered) -> bytes:
        """What is ready of the answer, maybe nothing."""

    def end(self) -> Iterator[bytes]:
        """The rest, after the last rows."""


class Scoring:
    """Rows in one form into answers in one, maybe another. It does no I/O but on a temporary file for Parquet.

    `feed` and `end` raise `InvalidInput` for columns that are missing, unknown or of another type, and `MalformedTable`
    where the bytes are no table. Before the first row no bytes were returned."""

    def __init__(
        self,
        version: BulkVersion,
        reads: Form,
        writes: Answer,
        options: Options,
        predict: Predict | None = None,
        bounds: Bounds = ALONE,
    ) -> None:
        """`predict`: in place of the version's own. Raises `WrongOption` for what the version cannot give, and
        `NeedsPyarrow`."""
        require_pyarrow(reads, writes)
        self._answer = Answering(version, options, predict)
        self._reading = reading(version, reads, options, bounds)
        self._writing = writing(version, writes, options, self._reading)
        self.media_type = MEDIA_TYPES[writes]
        self.rows = self.bad_rows = 0
        """Answered so far, and those of them that have errors."""

    def feed(self, piece: bytes) -> bytes:
        """Take a piece of the rows; return the bytes of the answer that are ready, maybe none."""
        return b"".join(self.steps(piece))

    def steps(self, piece: bytes) -> Iterator[bytes]:
        """The same in steps, for who has something else to do between them."""
        return map(self._step, self._reading.feed(piece))

    def end(self) -> Iterator[bytes]:
        """The rest of the answer in pieces, after the last piece of the rows."""
        yield from map(self._step, self._reading.end())
        yield from self._writing.end()

    def close(self) -> None:
        """Drop the temporary file of a body that does not come to its end."""
        close = getattr(self._reading, "close", None)
        if close is not None:
            close()

    def _step(self, checked: Checked) -> bytes:
        answered = self._answer(checked)
        self.rows += answered.rows
        self.bad_rows += len(answered.errors)
        return self._writing.write(answered)


def reading(version: BulkVersion, form: Form, options: Options, bounds: Bounds = ALONE) -> Reading:
    """What reads a form."""
    if form == "ndjson":
        return _ReadLines(version, options, min(bounds.rows, MOST_CHECKED))
    if form == "csv":
        return _ReadCsv(version, options)
    from twinserve.bulk.arrow_forms import ReadArrow, ReadParquet

    return (ReadArrow if form == "arrow" else ReadParquet)(version, options, bounds)


def writing(version: BulkVersion, form: Answer, options: Options, source: Reading | None = None) -> Writing:
    """What writes a form; columns that come back have the types of the source."""
    if form == "json":
        return _WriteJson(version)
    if form == "ndjson":
        return _WriteLines(version)
    if form == "csv":
        return _WriteCsv(version, options)
    from twinserve.bulk.arrow_forms import WriteArrow, WriteParquet

    return (WriteArrow if form == "arrow" else WriteParquet)(version, options, source)


class _ReadLines:
    def __init__(self, version: BulkVersion, options: Options, most: int) -> None:
        self._most = most
        self._lines, self._check = Lines(), LineReader(version, options.passed)

    def feed(self, piece: bytes) -> Iterator[Checked]:
        return self._checked(self._lines.feed(piece))

    def end(self) -> Iterator[Checked]:
        return self._checked(self._lines.end())

    def _checked(self, lines: list[Line]) -> Iterator[Checked]:
        for start in range(0, len(lines), self._most):
            yield self._check(lines[start : start + self._most])


class _ReadCsv:
    def __init__(self, version: BulkVersion, options: Options) -> None:
        self._records, self._check = Records(), CsvReader(version, options.passed)

    def feed(self, piece: bytes) -> Iterator[Checked]:
        return self._checked(self._records.feed(piece))

    def end(self) -> Iterator[Checked]:
        yield from self._checked(self._records.end())
        if self._check.columns is None:
            self._check.begin(b"")  # Without any byte, no column is there.

    def _checked(self, records: bytes) -> Iterator[Checked]:
        if self._check.columns is None:
            records = self._check.begin(records) if records.strip() else b""
        if records:
            yield self._check(records)


class _WriteJson:
    def __init__(self, version: BulkVersion) -> None:
        self._objects, self._rows = Objects(version, numbered=True), 0

    def write(self, answered: Answered) -> bytes:
        text = self._objects.write(answered, ",", self._rows)
        start = "," if self._rows else self._objects.head
        self._rows += answered.rows
        return f"{start}{text}".encode() if answered.rows else b""

    def end(self) -> Iterator[bytes]:
        yield b"]}" if self._rows else f"{self._objects.head}]}}".encode()


class _WriteLines:
    def __init__(self, version: BulkVersion) -> None:
        self._objects = Objects(version)

    def write(self, answered: Answered) -> bytes:
        return f"{self._objects.write(answered, chr(10))}\n".encode() if answered.rows else b""

    def end(self) -> Iterator[bytes]:
        return iter(())


class _WriteCsv:
    def __init__(self, version: BulkVersion, options: Options) -> None:
        self._csv = CsvWriter(AnswerTable(version, options), options.passed)
        self._begun = False

    def write(self, answered: Answered) -> bytes:
        return (self._head() + self._csv.write(answered)).encode()

    def _head(self) -> str:
        head, self._begun = "" if self._begun else self._csv.head, True
        return head

    def end(self) -> Iterator[bytes]:
        yield self._head().encode()
