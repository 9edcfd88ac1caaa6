"""`Rows`: bytes of one form as rows, pushed in pieces; who has a file pulls them out of it, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, Protocol

from twinserve.bulk.checked import MOST_CHECKED, Checked
from twinserve.bulk.forms import Form
from twinserve.bulk.options import ALONE, Bounds, Options
from twinserve.bulk.version import BulkVersion


class Chunk(NamedTuple):
    """Some rows, not yet looked at."""

    rows: Any
    end: int
    """Where the next rows begin: a row of a table, a byte of a text."""


NOWHERE: Final = -1
"""The place of rows after which no run can go on."""


class Rows(Protocol):
    """The rows of one body, in chunks as large as the form and its bounds make them."""

    @property
    def kept(self) -> Mapping[str, Any]:
        """The Arrow types of the columns that come back, where there are some; known with the first chunk."""

    def feed(self, piece: bytes) -> Iterator[Chunk]:
        """The rows that can be read now; raises `InvalidInput` for columns that do not fit, and `MalformedTable`."""

    def end(self) -> Iterator[Chunk]:
        """The rest, after the last piece."""

    def check(self, rows: Any) -> Checked:
        """The rows of a chunk, validated; threads may call it."""

    def close(self) -> None:
        """Drop what is kept of a body that does not come to its end."""


def open_rows(version: BulkVersion, form: Form, options: Options, bounds: Bounds = ALONE) -> Rows:
    """What reads a form."""
    if form in ("ndjson", "csv"):
        from twinserve.bulk.reading.text_rows import CsvRows, LineRows

        if form == "csv":
            return CsvRows(version, options)
        return LineRows(version, options, min(bounds.rows, MOST_CHECKED))
    if form == "arrow":
        from twinserve.bulk.reading.arrow_stream import ArrowRows

        return ArrowRows(version, options, bounds)
    from twinserve.bulk.reading.parquet_rows import SpooledParquet

    return SpooledParquet(version, options, bounds)
