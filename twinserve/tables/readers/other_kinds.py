"""What to do with a file that is none of the kind its ending says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from twinserve import orients

BEGINNINGS: Final[Mapping[bytes, str]] = {
    b"PAR1": "it is a Parquet file; --format parquet reads it",
    b"PK\x03\x04": "it is an Excel file or a zip archive; --format excel reads the one, the ending .zip the other",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "it is an old Excel file; save it as .xlsx",
    b"\x1f\x8b": "it is packed by gzip; give it the ending .gz",
    b"SQLite format 3\x00": "it is a SQLite database; --data sqlite:///FILE --query 'select * from TABLE' reads it",
}
"""By the first bytes of a file that is no text."""
RECORDS: Final = f"a table is an array of objects, as {orients.RECORDS} writes it, or an object a line"


def advice(begins: bytes) -> str | None:
    """What a file is that begins so, and how it is read; None for a text, or what nobody knows."""
    return next((told for first, told in BEGINNINGS.items() if begins.startswith(first)), None)
