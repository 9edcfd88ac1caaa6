"""Reading a table from a CSV, Parquet or JSON Lines file; each error is one sentence."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

import numpy as np
import pandas as pd

from twinserve.errors import AskedWrongly

Form = Literal["csv", "parquet", "jsonl"]
ENDINGS: Final[Mapping[str, Form]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
STANDARD_INPUT: Final = "-"
DELIMITERS: Final = ",;\t|"
QUOTED: Final = r'"[^"]*"'
NUMBER: Final = r"\s*[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|inf|infinity)\s*"
WHOLE: Final = r"\s*[+-]?\d+\s*"
LEADING_ZERO: Final = r"\s*[+-]?0\d.*"
EXACT: Final = 2.0**53
"""Whole numbers with a smaller magnitude are exact as doubles."""
LONGEST_INTEGER: Final = 400
"""An integer of more digits is too large for a double."""


class NoSuchTable(AskedWrongly):
    """The file does not exist, cannot be read, or has an unknown ending."""


class UnreadableTable(AskedWrongly):
    """The content of the file is no table."""


def read(location: str, form: Form | None, standard_input: BinaryIO) -> pd.DataFrame:
    """The table in a file, or in `standard_input` for `-`; `form` overrides the ending of the file.

    Raises `NoSuchTable` or `UnreadableTable`.
    """
    chosen = form or _form(location)
    try:
        content = standard_input.read() if location == STANDARD_INPUT else Path(location).read_bytes()
    except OSError as error:
        raise NoSuchTable(f"Cannot read {location!r}: {error.strerror}.") from None
    if not content.strip():
        raise UnreadableTable(f"{location!r} is empty.")
    try:
        frame = READERS[chosen](content)
    except UnreadableTable as error:
        raise UnreadableTable(f"{location!r}: {error}") from None
    if frame.empty:
        raise UnreadableTable(f"{location!r} holds no rows.")
    return frame


def source_name(location: str) -> str:
    """What the model card calls a file, of whose name bytes that are no UTF-8 are replaced."""
    if location == STANDARD_INPUT:
        return "standard input"
    return os.fsencode(Path(location).name).decode(errors="replace")


def _form(location: str) -> Form:
    if location == STANDARD_INPUT:
        return "csv"
    ending = Path(location).suffix.lower()
    if ending not in ENDINGS:
        raise NoSuchTable(f"The ending of {location!r} names no known format; give --format csv, parquet or jsonl.")
    return ENDINGS[ending]


def read_csv(content: bytes) -> pd.DataFrame:
    """A table from CSV. Cells are read as text; a column becomes numeric if all of its cells are numbers and none has a
    leading zero."""
    text = _decode(content)
    line = re.split(r"[\r\n]", text, maxsplit=1)[0]
    delimiter = max(DELIMITERS, key=re.sub(QUOTED, "", line).count)
    try:
        names = next(csv.reader(io.StringIO(text, newline=None), delimiter=delimiter), [])
    except csv.Error as error:
        raise UnreadableTable(f"not a CSV file: {_first_line(error)}.") from None
    _require_different(names)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(io.StringIO(text), sep=delimiter, dtype=str, index_col=False, low_memory=False)
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, ValueError) as error:
        reason = _ragged(text, delimiter, len(names)) or _first_line(error)
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


def _require_different(names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnreadableTable(f"Two columns are named {twice[0]!r}; rename one of them.")


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableTable(f"not UTF-8 in line {line}; convert the file first.") from None


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


def read_parquet(content: bytes) -> pd.DataFrame:
    """A table from Parquet; the fields of a struct become columns with dotted names."""
    import pyarrow as pa
    import pyarrow.parquet

    try:
        table = pa.parquet.ParquetFile(io.BytesIO(content)).read()
        while any(pa.types.is_struct(field.type) for field in table.schema):
            table = table.flatten()
        _require_different(table.column_names)
        frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True)
    except (pa.ArrowException, ValueError, OSError) as error:
        raise UnreadableTable(f"not a Parquet file: {_first_line(error)}.") from None
    return frame


def read_jsonl(content: bytes) -> pd.DataFrame:
    """A table from one JSON object a line; nested objects become columns with dotted names, missing keys null."""
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(_decode(content).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_int=_integer)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise UnreadableTable(f"line {number} is not a JSON object.")
        if "\\u" in line and not _is_text(row):
            raise UnreadableTable(
                f"line {number} holds a lone surrogate, which is half a character; repair the line first."
            )
        rows.append(_flat(row))
    names = dict.fromkeys(name for row in rows for name in row)
    return pd.DataFrame({name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names})


def _is_text(row: Mapping[str, Any]) -> bool:
    """Can each string of this row be encoded? A lone surrogate cannot, such as `\\ud83d` where a text was cut."""
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)


def _flat(row: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{before}{key}.")
        else:
            flat[before + key] = value
    return flat


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0].removeprefix("Error tokenizing data. C error: ").rstrip(".")


READERS: Final[Mapping[Form, Callable[[bytes], pd.DataFrame]]] = {
    "csv": read_csv,
    "parquet": read_parquet,
    "jsonl": read_jsonl,
}
