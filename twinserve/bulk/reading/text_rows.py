"""NDJSON and CSV as `Rows`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from twinserve.bulk.checked import MOST_CHECKED, Checked
from twinserve.bulk.options import Options
from twinserve.bulk.reading.csv_records import Records
from twinserve.bulk.reading.csv_rows import CsvReader
from twinserve.bulk.reading.lines import Line, LineReader, Lines
from twinserve.bulk.reading.rows import NOWHERE, Chunk
from twinserve.bulk.version import BulkVersion


class _Text:
    """Bytes whose places are those of a file, so that a reader can begin at one of them."""

    kept: Mapping[str, Any] = {}

    def close(self) -> None:
        """See `Rows`."""


class LineRows(_Text):
    """NDJSON."""

    is_begun = True
    """Were the columns there, as far as the form has any?"""

    def __init__(self, version: BulkVersion, options: Options, most: int = MOST_CHECKED) -> None:
        """`most`: lines of a chunk."""
        self._most, self._lines, self._place = most, Lines(), 0
        self._check = LineReader(version, options.passed)

    def check(self, rows: Sequence[Line]) -> Checked:
        """See `Rows`."""
        return self._check(rows)

    def go_on(self, start: int) -> None:
        """Take what is fed for the bytes from this one on, where a line begins."""
        self._lines, self._place = Lines(), start

    def feed(self, piece: bytes) -> Iterator[Chunk]:
        """See `Rows`."""
        lines = self._lines.feed(piece)
        self._place += len(piece)
        return self._chunks(lines, self._place - self._lines.held)

    def end(self) -> Iterator[Chunk]:
        """See `Rows`."""
        return self._chunks(self._lines.end(), self._place)

    def _chunks(self, lines: Sequence[Line], end: int) -> Iterator[Chunk]:
        for start in range(0, len(lines), self._most):
            is_last = start + self._most >= len(lines)
            yield Chunk(lines[start : start + self._most], end if is_last else NOWHERE)


class CsvRows(_Text):
    """CSV."""

    def __init__(self, version: BulkVersion, options: Options) -> None:
        self._records, self._start = Records(), 0
        self._check = CsvReader(version, options.passed)

    @property
    def is_begun(self) -> bool:
        """Was the header there?"""
        return self._check.columns is not None

    def check(self, rows: bytes) -> Checked:
        """See `Rows`."""
        return self._check(rows)

    def go_on(self, start: int) -> None:
        """Take what is fed for the bytes from this one on, where a record behind the header begins."""
        self._records, self._start = Records(begun=True), start

    def feed(self, piece: bytes) -> Iterator[Chunk]:
        """See `Rows`."""
        return self._chunks(self._records.feed(piece))

    def end(self) -> Iterator[Chunk]:
        """See `Rows`."""
        yield from self._chunks(self._records.end())
        if not self.is_begun:
            self._check.begin(b"")  # Without any byte, no column is there.

    def _chunks(self, records: bytes) -> Iterator[Chunk]:
        if not self.is_begun:
            records = self._check.begin(records) if records.strip() else b""
        if records:
            yield Chunk(records, self._start + self._records.taken)
