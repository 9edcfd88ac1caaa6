"""What to do with a file that is none of the kind its ending says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

BEGINNINGS: Final[Mapping[bytes, str]] = {
    b"PAR1": "it is a Parquet file; --format parquet reads it",
    b"PK\x03\x04": "it is an Excel file or a zip archive; --format excel reads the one, the ending .zip the other",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "it is an old Excel file; save it as .xlsx",
    b"\x1f\x8b": "it is packed by gzip; give it the ending .gz",
    b"SQLite format 3\x00": "it is a SQLite database; --data sqlite:///FILE --query 'select * from TABLE' reads it",
}
"""By the first bytes of a file that is no text."""
RECORDS: Final = 'a table is an array of objects, as to_json(orient="records") writes it, or an object a line'
TABLES: Final = ({"columns", "data"}, {"schema", "data"})
"""The keys of `to_json(orient="split")`, which may have `index` as well, and of `orient="table"`."""


def advice(begins: bytes) -> str | None:
    """What a file is that begins so, and how it is read; None for a text, or what nobody knows."""
    return next((told for first, told in BEGINNINGS.items() if begins.startswith(first)), None)


def is_whole_table(value: Mapping[str, Any]) -> bool:
    """Is this object a table, as pandas writes one where no `orient="records"` is asked for, and no row?"""
    if value.keys() - {"index"} in TABLES:
        return isinstance(value["data"], list)
    inner = list(value.values())
    if len(inner) < 2 or not all(isinstance(one, dict) for one in inner):
        return False
    if inner[0].keys() != inner[-1].keys():
        return False
    return _counts(value) or (len(inner[0]) > 1 and _counts(inner[0]))


def _counts(keys: Mapping[str, Any]) -> bool:
    return list(keys) == [str(number) for number in range(len(keys))]
