"""Files as chunks of rows, each with its place in the file, from any of which a run can go on."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, Protocol, cast

from twinserve.bulk.checked import MOST_CHECKED, Checked
from twinserve.bulk.csv_records import Records
from twinserve.bulk.csv_rows import CsvReader
from twinserve.bulk.forms import Form
from twinserve.bulk.lines import LineReader, Lines
from twinserve.bulk.malformed import MalformedTable
from twinserve.bulk.options import Options
from twinserve.bulk.version import BulkVersion

BLOCK: Final = 1 << 20
"""Bytes that are read at a time."""


class Chunk(NamedTuple):
    """Some rows, not yet looked at."""

    rows: Any
    end: int
    """Where the next rows begin: a row of a table, a byte of a text."""


class Source(Protocol):
    """Rows to be answered."""

    total: int | None
    """Where the last rows end; None: nobody knows."""

    @property
    def kept(self) -> Mapping[str, Any]:
        """The Arrow types of the columns that come back, where there are some."""

    def chunks(self, start: int) -> Iterator[Chunk]:
        """The rows from a place on; reads no more than is asked for."""

    def check(self, rows: Any) -> Checked:
        """The rows of a chunk, validated; threads may call it."""


def open_source(
    path: str, form: Form, version: BulkVersion, options: Options, standard_input: BinaryIO | None = None
) -> Source:
    """The rows of a file, or of standard input; raises `InvalidInput` for columns that do not fit, `MalformedTable`,
    and OSError."""
    if form in ("ndjson", "csv"):
        opening = (lambda: standard_input) if standard_input is not None else (lambda: unpacked(path))
        total = None if standard_input is not None or is_packed(path) else Path(path).stat().st_size
        return (LineSource if form == "ndjson" else CsvSource)(opening, total, version, options)
    from twinserve.bulk.files.arrow_source import arrow_source

    return arrow_source(path, form, version, options, standard_input)


PACKED: Final = (".gz", ".zst")


def is_packed(path: str) -> bool:
    """Is it compressed, as its name says?"""
    return path.lower().endswith(PACKED)


def unpacked(path: str) -> BinaryIO:
    """The bytes of a file, unpacked while they are read."""
    if path.lower().endswith(".gz"):
        import gzip

        return cast(BinaryIO, gzip.open(path, "rb"))
    if path.lower().endswith(".zst"):
        import pyarrow as pa

        stream: BinaryIO = pa.input_stream(path, compression="zstd")
        return stream
    return Path(path).open("rb")


class _Text:
    """Bytes that are read in blocks from a place on."""

    kept: Mapping[str, Any] = {}

    def __init__(self, opening: Callable[[], Any], total: int | None) -> None:
        self._opening, self.total = opening, total

    def blocks(self, start: int) -> Iterator[bytes]:
        """The bytes from this place on."""
        with self._opening() as stream:
            if start and self.total is not None:
                stream.seek(start)
            elif start:
                left = start
                while left:
                    left -= len(_read(stream, min(BLOCK, left)))
            size = BLOCK - start % BLOCK  # Blocks begin at the same places wherever a run goes on.
            while block := _read(stream, size):
                yield block
                size = BLOCK


def _read(stream: Any, size: int) -> bytes:
    """At most so many bytes; raises `MalformedTable` where what is packed is damaged, or its end is missing."""
    try:
        return bytes(stream.read(size))
    except (EOFError, zlib.error):
        raise MalformedTable(DAMAGED) from None
    except OSError as error:
        if error.errno is not None:  # The disk's.
            raise
        raise MalformedTable(DAMAGED) from None


DAMAGED: Final = "The packed file is damaged, or its end is missing."


class LineSource(_Text):
    """NDJSON."""

    def __init__(self, opening: Callable[[], Any], total: int | None, version: BulkVersion, options: Options) -> None:
        super().__init__(opening, total)
        self.check = LineReader(version, options.passed)

    def chunks(self, start: int) -> Iterator[Chunk]:
        """See `Source`."""
        lines, end = Lines(), start
        for block in self.blocks(start):
            cut = end + len(block) - len(block.rpartition(b"\n")[2])
            found, end = lines.feed(block), end + len(block)
            for first in range(0, len(found), MOST_CHECKED):
                is_last = first + MOST_CHECKED >= len(found)
                yield Chunk(found[first : first + MOST_CHECKED], cut if is_last else NOWHERE)
        if rest := lines.end():
            yield Chunk(rest, end)


NOWHERE: Final = -1
"""The place of rows after which no run can go on."""


class CsvSource(_Text):
    """CSV."""

    def __init__(self, opening: Callable[[], Any], total: int | None, version: BulkVersion, options: Options) -> None:
        super().__init__(opening, total)
        self._check, self._first = CsvReader(version, options.passed), 0
        self._stream = self._beginning()
        self.check = self._check

    def _beginning(self) -> Iterator[bytes]:
        """Read the header, and give the records after it."""
        records, blocks = Records(), self.blocks(0)
        head = b""
        for block in blocks:
            head += records.feed(block)
            if head.strip():
                break
        if not head.strip():
            head += records.end()
        rest = self._check.begin(head)
        self._first = records.taken - len(rest)
        return _rest(records, blocks, rest)

    def chunks(self, start: int) -> Iterator[Chunk]:
        """See `Source`."""
        if start <= self._first:
            end = self._first
            for part in self._stream:
                end += len(part)
                yield Chunk(part, end)
            return
        records = Records(begun=True)
        for part in _rest(records, self.blocks(start), b""):
            start += len(part)
            yield Chunk(part, start)


def _rest(records: Records, blocks: Iterator[bytes], first: bytes) -> Iterator[bytes]:
    """Whole records, some at a time."""
    if first:
        yield first
    for block in blocks:
        if part := records.feed(block):
            yield part
    if part := records.end():
        yield part
