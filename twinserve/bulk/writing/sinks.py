"""Answers as bytes of one form, in groups of rows of which each can be written without knowing the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from twinserve.bulk.answering import Answered
from twinserve.bulk.forms import Answer
from twinserve.bulk.options import GROUP, Options
from twinserve.bulk.version import BulkVersion
from twinserve.bulk.writing.answer_table import AnswerTable
from twinserve.bulk.writing.csv_answers import CsvWriter
from twinserve.bulk.writing.objects import Objects


class Group(NamedTuple):
    """The bytes of some rows, and what the end of the whole must say of them."""

    content: bytes
    note: str = ""


class Sink(Protocol):
    """One form of answers."""

    head: bytes
    """The first bytes of an answer."""
    rows_of_group: int
    """How many rows are worth a group of their own, where nobody waits for less."""

    def encode(self, answered: Answered) -> Any:
        """Some answers, all but written; threads may call it."""

    def group(self, parts: Sequence[Any], place: int) -> Group:
        """The bytes of some encoded answers, which begin at this place of the whole."""

    def tail(self, notes: Sequence[str], place: int) -> bytes:
        """The last bytes."""


def open_sink(form: Answer, version: BulkVersion, options: Options, kept: Mapping[str, Any]) -> Sink:
    """What writes a form; `kept` has the types of the columns that come back. Raises `AskedWrongly`."""
    if form == "json":
        return JsonSink(version)
    if form == "ndjson":
        return LineSink(version)
    table = AnswerTable(version, options)
    if form == "csv":
        return CsvSink(CsvWriter(table, options.passed))
    from twinserve.bulk.writing.arrow_answers import ArrowWriter
    from twinserve.bulk.writing.arrow_sinks import ArrowSink, ParquetSink

    answers = ArrowWriter(table, options.passed, kept)
    return ParquetSink(answers) if form == "parquet" else ArrowSink(answers)


class LineSink:
    """NDJSON."""

    head, rows_of_group = b"", 1

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


class JsonSink:
    """The object that `POST /predict` answers to an array; one thread encodes, as rows are counted."""

    rows_of_group = 1

    def __init__(self, version: BulkVersion) -> None:
        self._objects, self._rows = Objects(version, numbered=True), 0
        self.head = self._objects.head.encode()

    def encode(self, answered: Answered) -> str:
        """See `Sink`."""
        text = self._objects.write(answered, ",", self._rows)
        self._rows += answered.rows
        return text

    def group(self, parts: Sequence[str], place: int) -> Group:
        """See `Sink`."""
        text = ",".join(filter(None, parts))
        return Group(f"{',' if text and place > len(self.head) else ''}{text}".encode())

    def tail(self, notes: Sequence[str], place: int) -> bytes:  # noqa: ARG002  # An array ends in one way.
        """See `Sink`."""
        return b"]}"


class Output:
    """An answer from its first byte to its last, made as it goes out: nothing is taken back."""

    def __init__(self, sink: Sink, group: int = GROUP) -> None:
        """`group`: rows that a group has at most where its form needs large ones."""
        self._sink, self._enough = sink, min(group, sink.rows_of_group)
        self._held: list[Any] = []
        self._rows = self._size = 0
        self._is_begun = False
        self._notes: list[str] = []

    def add(self, part: Any, rows: int) -> bytes:
        """Take encoded answers to so many rows; what is ready, maybe nothing."""
        if rows:
            self._held.append(part)
            self._rows += rows
        return self._group() if self._held and self._rows >= self._enough else b""

    def end(self) -> Iterator[bytes]:
        """The rest."""
        rest = self._group() if self._held else self._begun()
        rest += self._sink.tail(self._notes, self._size)
        for start in range(0, len(rest), PIECE):
            yield rest[start : start + PIECE]

    def _begun(self) -> bytes:
        head, self._is_begun = b"" if self._is_begun else self._sink.head, True
        self._size += len(head)
        return head

    def _group(self) -> bytes:
        head = self._begun()
        content, note = self._sink.group(self._held, self._size)
        self._size += len(content)
        self._notes += [note] if note else []
        self._held, self._rows = [], 0
        return head + content


PIECE: Final = 1 << 20
"""Bytes that are given out at a time."""
