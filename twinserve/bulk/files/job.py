"""`Job`: the answers to one file, as a file, or on standard output."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from twinserve.bulk.answering import Answering
from twinserve.bulk.files.journal import Journal
from twinserve.bulk.files.pipeline import Encoded, encoded
from twinserve.bulk.files.source import Source
from twinserve.bulk.forms import Form
from twinserve.bulk.options import GROUP, Options
from twinserve.bulk.reading.rows import NOWHERE
from twinserve.bulk.version import BulkVersion
from twinserve.bulk.writing.sinks import Output, Sink, open_sink
from twinserve.errors import ModelError

FILE_FORM: Final = (".arrow", ".feather")
"""Names by which programs expect Arrow's file format, which has an index at its end."""

Tell = Callable[[int, int], None]
"""Called with the rows so far, and with the place of the next one; first with what an earlier run has answered."""


class CannotWrite(ModelError):
    """Standard output was closed, or its disk is full."""


class Summary(NamedTuple):
    """What was answered."""

    rows: int
    bad_rows: int


@dataclass(frozen=True)
class Asking:
    """What does not change from file to file."""

    version: BulkVersion
    options: Options
    writes: Form
    threads: int
    """That answer at the same time."""
    group: int = GROUP
    """Rows after which answers are written."""
    release: str = ""
    """Of this library: another one may cut groups at other rows."""

    def work(self, source: Source, sink: Sink) -> Callable[[Any], tuple[Any, int, int]]:
        """The function that answers a chunk of rows."""
        answer = Answering(self.version, self.options)

        def work(rows: Any) -> tuple[Any, int, int]:
            answers = answer(source.check(rows))
            return sink.encode(answers), answers.rows, len(answers.errors)

        return work

    def sink(self, source: Source) -> Sink:
        """What writes the answers to a source."""
        return open_sink(self.writes, self.version, self.options, source.kept)


def to_file(
    asking: Asking,
    source: Source,
    read: Path | None,
    target: Path,
    tell: Tell,
    *,
    goes_on: bool = False,
    journal_at: Path | None = None,
) -> Summary:
    """Write the answers to a file, which appears whole or not at all. `read` is the file of the source."""
    sink = asking.sink(source)
    work = asking.work(source, sink)
    journal = Journal(target, _run(asking, read), sink.head, journal_at)
    try:
        journal.begin(goes_on=goes_on)
        if not journal.is_done:
            tell(journal.rows, journal.place)
            for group in _groups(encoded(source.chunks(journal.place), work, asking.threads), asking.group):
                rows, bad_rows = (sum(part[place] for part in group) for place in (1, 2))
                content = sink.group([part.content for part in group], journal.size)
                journal.add(content, group[-1].end, rows, bad_rows)
                tell(journal.rows, journal.place)
        turn = _as_file if asking.writes == "arrow" and target.suffix.lower() in FILE_FORM else None
        journal.finish(b"" if journal.is_done else sink.tail(journal.notes, journal.size), turn)
    finally:
        journal.close()
    return Summary(journal.rows, journal.bad_rows)


def to_stream(asking: Asking, source: Source, target: BinaryIO, tell: Tell) -> Summary:
    """Write the answers where they cannot be taken back; what its form does not keep for a group goes out at once.

    Raises `CannotWrite`."""
    sink = asking.sink(source)
    write, output = _Written(target), Output(sink, asking.group)
    rows = bad_rows = 0
    tell(0, 0)
    for part in encoded(source.chunks(0), asking.work(source, sink), asking.threads):
        write(output.add(part.content, part.rows))
        rows, bad_rows = rows + part.rows, bad_rows + part.bad_rows
        tell(rows, part.end)
    for rest in output.end():
        write(rest)
    return Summary(rows, bad_rows)


class _Written:
    """Writes and flushes."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target

    def __call__(self, content: bytes) -> None:
        try:
            self._target.write(content)
            self._target.flush()
        except OSError as error:
            # What is left in the buffer must not fail once more when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._target.fileno())
            raise CannotWrite(f"Standard output cannot be written to ({error.strerror}).") from None


def _groups(parts: Iterator[Encoded], rows: int) -> Iterator[list[Encoded]]:
    """Parts together, until they have enough rows, and end where a run can go on."""
    held: list[Encoded] = []
    count = 0
    for part in parts:
        held.append(part)
        count += part.rows
        if count >= rows and part.end != NOWHERE:
            yield held
            held, count = [], 0
    if held:
        yield held


def _run(asking: Asking, read: Path | None) -> dict[str, Any]:
    """Which run it is: another one must not go on where this one ends."""
    version = asking.version
    facts = None if read is None else read.stat()
    return {
        "table": None if facts is None else [str(read), facts.st_size, facts.st_mtime_ns],
        "model": version.artifact.manifest.name,
        "version": version.version,
        "manifest": hashlib.sha256(version.artifact.manifest.model_dump_json().encode()).hexdigest(),
        "options": asdict(asking.options),
        "out_of_range": version.out_of_range,
        "writes": asking.writes,
        "release": asking.release,
    }


def _as_file(stream: Path, target: Path) -> None:
    """An Arrow stream in Arrow's file format."""
    import pyarrow as pa

    with pa.ipc.open_stream(pa.memory_map(str(stream))) as reader, pa.ipc.new_file(str(target), reader.schema) as file:
        for batch in reader:
            file.write_batch(batch)
