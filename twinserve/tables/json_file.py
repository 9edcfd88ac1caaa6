"""A table from JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from twinserve.tables.formats import UnreadableTable
from twinserve.tables.text import decode

LONGEST_INTEGER: Final = 400
"""An integer of more digits is too large for a double."""


def read_jsonl(content: bytes) -> pd.DataFrame:
    """A table from one JSON object a line; nested objects become columns with dotted names, missing keys null."""
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(decode(content).split("\n"), start=1):
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
