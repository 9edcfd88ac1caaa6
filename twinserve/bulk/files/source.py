"""Files as chunks of rows, each with its place in the file, from any of which a run can go on."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, cast

from twinserve.bulk.checked import Checked
from twinserve.bulk.forms import Form
from twinserve.bulk.malformed import MalformedTable
from twinserve.bulk.options import Options
from twinserve.bulk.reading.rows import Chunk, Rows
from twinserve.bulk.reading.text_rows import CsvRows, LineRows
from twinserve.bulk.version import BulkVersion

BLOCK: Final = 1 << 20
"""Bytes that are read at a time."""


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
        return TextSource(opening, total, (LineRows if form == "ndjson" else CsvRows)(version, options))
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


class Beginning(Rows, Protocol):
    """`Rows` whose first bytes tell of its columns."""

    @property
    def is_begun(self) -> bool:
        """Were the columns there?"""


class Pulled:
    """`Rows` that are pulled out of a stream of bytes, in blocks."""

    total: int | None = None

    def __init__(self, blocks: Iterator[bytes], rows: Beginning) -> None:
        """Reads as far as the columns are told; raises `InvalidInput`, `MalformedTable` and OSError."""
        self._blocks, self._rows, self._first = blocks, rows, list[Chunk]()
        while not rows.is_begun:
            block = next(blocks, b"")
            self._first += rows.feed(block) if block else rows.end()

    @property
    def kept(self) -> Mapping[str, Any]:
        """See `Source`."""
        return self._rows.kept

    def check(self, rows: Any) -> Checked:
        """See `Source`."""
        return self._rows.check(rows)

    def chunks(self, start: int) -> Iterator[Chunk]:
        """See `Source`; all that stands before is read again."""
        yield from (chunk for chunk in chain(self._first, self._rest()) if chunk.end > start)

    def _rest(self) -> Iterator[Chunk]:
        for block in self._blocks:
            yield from self._rows.feed(block)
        yield from self._rows.end()


class TextSource(Pulled):
    """Lines or CSV, whose places are bytes: they can be read from any of them on."""

    def __init__(self, opening: Callable[[], Any], total: int | None, rows: LineRows | CsvRows) -> None:
        """`opening` gives a stream from the first byte on."""
        self._opening, self._text = opening, rows
        super().__init__(self._read_from(0, total), rows)
        self.total = total

    def chunks(self, start: int) -> Iterator[Chunk]:
        """See `Source`."""
        if start:
            self._text.go_on(start)
            self._blocks, self._first = self._read_from(start, self.total), []
        yield from chain(self._first, self._rest())

    def _read_from(self, start: int, total: int | None) -> Iterator[bytes]:
        """The bytes from this place on; the stream of so many bytes can be wound."""
        with self._opening() as stream:
            if start and total is not None:
                stream.seek(start)
            elif start:
                left = start
                while left:
                    left -= len(read_from(stream, min(BLOCK, left)))
            yield from blocks_of(stream, BLOCK - start % BLOCK)  # They begin at the same places wherever a run goes on.


def blocks_of(stream: Any, first: int = BLOCK) -> Iterator[bytes]:
    """The bytes of a stream in blocks, the first of which has so many."""
    size = first
    while block := read_from(stream, size):
        yield block
        size = BLOCK


def read_from(stream: Any, size: int) -> bytes:
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
