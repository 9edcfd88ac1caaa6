"""A table from CSV, read in pieces: neither its bytes nor its text are held as a whole."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import pandas as pd

from twinserve.notes import Note
from twinserve.tables.cells import Cells
from twinserve.tables.formats import AS_IT_IS, Reading, UnreadableTable, first_line
from twinserve.tables.plain_numbers import numbers_of
from twinserve.tables.readers.header import names_columns
from twinserve.tables.readers.text import beginning, encoding_of, not_text, require_different, text_of
from twinserve.tables.source import Open

DELIMITERS: Final = ",;\t|"
SAID_DELIMITER: Final = r"sep=([,;\t|])(?:\r\n|\n)"
"""What some programs write above the header, for Excel."""
QUOTED: Final = r'"[^"]*"'
FIRST_ROWS: Final = 1_000
"""Rows of which the cells tell whether the first line names the columns."""
NAME: Final = "column_{}"
"""The name of a column in a file without a header; the first is 1."""


def read_csv(source: Open, reading: Reading = AS_IT_IS) -> tuple[pd.DataFrame, Cells]:
    """A table from CSV. A column becomes numeric if all of its cells are numbers and none has a leading zero; all
    others stay texts, and only the empty cell is null."""
    head = beginning(source)
    said = re.match(SAID_DELIMITER, head) if encoding_of(source) != "utf-16" else None
    if said is not None:
        source, head = _below_first_line(source), head[said.end() :]
    delimiter = _delimiter(head) if said is None else said[1]
    first, *rows = _first_rows(head, delimiter) or [[]]
    header = names_columns(first, rows) if reading.header is None else reading.header
    if header:
        require_different([name for name in first if name])  # The others are called `Unnamed: 2`, by their place.
    names = None if header else [NAME.format(place) for place in range(1, len(first) + 1)]
    file = _File(source, above=0 if said is None else 1)
    texts = _parsed(file, delimiter, names, len(first))
    notes = [] if header else [Note("fact", None, _no_header(len(first), given=reading.header is not None))]
    if len(first) > 1 and len(texts) and texts.iloc[:, -1].isna().any():
        notes += _short(file, delimiter, len(first))
    columns = {name: numbers_of(texts.pop(name)) for name in list(texts.columns)}
    return pd.DataFrame(columns, copy=False), Cells(typed=False, decimal_comma=delimiter == ";", notes=tuple(notes))


@dataclass(frozen=True)
class _File:
    """The lines of a table."""

    source: Open
    above: int
    """Lines of the file before them."""


def _below_first_line(source: Open) -> Open:
    def opening() -> BinaryIO:
        stream = source()
        stream.readline()
        return stream

    return opening


def _delimiter(head: str) -> str:
    line = re.split(r"[\r\n]", head, maxsplit=1)[0]
    return max(DELIMITERS, key=re.sub(QUOTED, "", line).count)


def _first_rows(head: str, delimiter: str) -> list[list[str]]:
    """The first rows, of which the last may be cut off."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(head, newline=None), delimiter=delimiter):
            rows += [row] if row or not rows else []
            if len(rows) > FIRST_ROWS:
                break
    except csv.Error as error:
        if not rows:
            raise UnreadableTable(f"not a CSV file: {first_line(error)}.") from None
    return rows


def _parsed(file: _File, delimiter: str, names: Sequence[str] | None, width: int) -> pd.DataFrame:
    """All cells as texts; raises `UnreadableTable`."""
    source = file.source
    try:
        with source() as stream, warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                stream,
                sep=delimiter,
                dtype=str,
                index_col=False,
                header=0 if names is None else None,
                names=None if names is None else list(names),
                encoding=encoding_of(source),
                keep_default_na=False,
                na_values=[""],
            )
    except UnicodeError:
        raise not_text(source, file.above) from None
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, ValueError) as error:
        reason = _ragged(file, delimiter, width) or first_line(error)
        raise UnreadableTable(f"not a CSV file: {reason}.") from None


def _ragged(file: _File, delimiter: str, width: int) -> str | None:
    """What is wrong with the first row that has more cells than the first line, or with a quote that nothing closes."""
    last = file.above
    with text_of(file.source) as text:
        rows: Any = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            for row in rows:
                if len(row) > width:
                    return f"line {file.above + rows.line_num} has {len(row)} cells and the header {width}"
                last = file.above + rows.line_num
        except csv.Error as error:
            return f"the quote that opens in line {last + 1} is never closed" if "end of data" in str(error) else None
        except UnicodeError:
            return None
    return None


def _short(file: _File, delimiter: str, width: int) -> Iterator[Note]:
    """A warning about rows with fewer cells than the first line, which may be cut off."""
    lines: list[int] = []
    with text_of(file.source) as text:
        rows = csv.reader(text, delimiter=delimiter)
        with suppress(csv.Error):  # A cell that is too long for this library.
            lines += (file.above + rows.line_num for row in rows if 0 < len(row) < width)
    if lines:
        have = "1 row has" if len(lines) == 1 else f"{len(lines)} rows have"
        which = f"(line {lines[0]})" if len(lines) == 1 else f"(the first in line {lines[0]})"
        yield Note("warning", None, f"{have} fewer cells than the first line {which}; what is missing is null")


def _no_header(width: int, *, given: bool) -> str:
    how = "as --no-header says" if given else "as its first line looks like data; --header says otherwise"
    return f"the file has no header, {how}: its columns are {NAME.format(1)} to {NAME.format(width)}"
