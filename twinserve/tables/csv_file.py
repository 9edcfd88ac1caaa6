"""A table from CSV."""

from __future__ import annotations

import csv
import io
import re
import warnings
from typing import Any, Final

import numpy as np
import pandas as pd

from twinserve.tables.formats import UnreadableTable, first_line
from twinserve.tables.text import decode, require_different

DELIMITERS: Final = ",;\t|"
QUOTED: Final = r'"[^"]*"'
NUMBER: Final = r"\s*[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|inf|infinity)\s*"
WHOLE: Final = r"\s*[+-]?\d+\s*"
LEADING_ZERO: Final = r"\s*[+-]?0\d.*"
EXACT: Final = 2.0**53
"""Whole numbers with a smaller magnitude are exact as doubles."""


def read_csv(content: bytes) -> pd.DataFrame:
    """A table from CSV. Cells are read as text; a column becomes numeric if all of its cells are numbers and none has a
    leading zero."""
    text = decode(content)
    line = re.split(r"[\r\n]", text, maxsplit=1)[0]
    delimiter = max(DELIMITERS, key=re.sub(QUOTED, "", line).count)
    try:
        names = next(csv.reader(io.StringIO(text, newline=None), delimiter=delimiter), [])
    except csv.Error as error:
        raise UnreadableTable(f"not a CSV file: {first_line(error)}.") from None
    require_different(names)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(io.StringIO(text), sep=delimiter, dtype=str, index_col=False, low_memory=False)
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, ValueError) as error:
        reason = _ragged(text, delimiter, len(names)) or first_line(error)
        raise UnreadableTable(f"not a CSV file: {reason}.") from None
    return pd.DataFrame({name: _number(frame[name]) for name in frame.columns})


def _ragged(text: str, delimiter: str, width: int) -> str | None:
    """What is wrong with the first row that has more cells than the header, or with a quote that nothing closes."""
    rows = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter, strict=True)
    last = 0
    try:
        for row in rows:
            if len(row) > width:
                return f"line {rows.line_num} has {len(row)} cells and the header {width}"
            last = rows.line_num
    except csv.Error as error:
        return f"the quote that opens in line {last + 1} is never closed" if "end of data" in str(error) else None
    return None


def _number(texts: pd.Series[Any]) -> pd.Series[Any]:
    present = texts.dropna().astype(object)
    distinct = pd.Series(present.unique(), dtype=object)
    if not len(distinct) or not distinct.str.fullmatch(NUMBER, flags=re.I).all():
        return texts
    if distinct.str.fullmatch(LEADING_ZERO).any():
        return texts
    numbers = pd.Series([np.nan if pd.isna(text) else float(text) for text in texts.tolist()], index=texts.index)
    whole = distinct.str.fullmatch(WHOLE).all() and bool((numbers.dropna().abs() < EXACT).all())
    return numbers.astype("Int64") if whole else numbers
