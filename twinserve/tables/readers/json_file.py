"""A table from JSON Lines or from an array of JSON objects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from twinserve.orients import orient
from twinserve.tables.cells import Cells
from twinserve.tables.formats import AS_IT_IS, Reading, UnreadableTable
from twinserve.tables.readers.other_kinds import RECORDS
from twinserve.tables.readers.text import beginning, not_text, text_of
from twinserve.tables.source import Open

LONGEST_INTEGER: Final = 400
"""An integer of more digits is too large for a double."""
SURROGATE: Final = "holds a lone surrogate, which is half a character; repair it first"


def read_json(source: Open, _: Reading = AS_IT_IS) -> tuple[pd.DataFrame, Cells]:
    """A table from an array of objects, as `to_json(orient="records")` writes it, or else from JSON Lines.

    Nested objects become columns with dotted names, missing keys null."""
    read = _array if beginning(source).lstrip()[:1] == "[" else _lines
    try:
        rows = list(read(source))
    except UnicodeDecodeError:
        raise not_text(source) from None
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names}
    return pd.DataFrame(columns, copy=False), Cells()


def _lines(source: Open) -> Iterator[dict[str, Any]]:
    with text_of(source) as text:
        for number, line in enumerate(text, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line, parse_int=_integer)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                raise UnreadableTable(f"line {number} is not a JSON object{_other_form(number, line)}.")
            if "\\u" in line and not _is_text(row):
                raise UnreadableTable(f"line {number} {SURROGATE}.")
            if number == 1 and orient(row) is not None:
                raise UnreadableTable(f"line 1 is a whole table in one object; {RECORDS}.")
            yield _flat(row)


def _other_form(number: int, line: str) -> str:
    """What to do where the file is one object over several lines."""
    is_open = number == 1 and line.strip() == "{"
    return f"; {RECORDS}" * is_open


def _array(source: Open) -> Iterator[dict[str, Any]]:
    with text_of(source) as text:
        try:
            rows = json.load(text, parse_int=_integer)
        except RecursionError:
            raise UnreadableTable("not JSON: it is nested too deeply.") from None
        except json.JSONDecodeError as error:
            raise UnreadableTable(f"not JSON in line {error.lineno}: {error.msg}.") from None
    for place, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise UnreadableTable(f"the element {place} of the array is not an object.")
        if not _is_text(row):
            raise UnreadableTable(f"the element {place} of the array {SURROGATE}.")
        yield _flat(row)


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
