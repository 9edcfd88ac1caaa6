"""Reading a table from a file; each error is one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, Final

import pandas as pd

from twinserve.tables.csv_file import read_csv
from twinserve.tables.formats import STANDARD_INPUT, Form, NoSuchTable, UnreadableTable, form_of
from twinserve.tables.json_file import read_jsonl
from twinserve.tables.parquet_file import read_parquet

READERS: Final[Mapping[Form, Callable[[bytes], pd.DataFrame]]] = {
    "csv": read_csv,
    "parquet": read_parquet,
    "jsonl": read_jsonl,
}


def read(location: str, form: Form | None, standard_input: BinaryIO) -> pd.DataFrame:
    """The table in a file, or in `standard_input` for `-`; `form` overrides the ending of the file.

    Raises `NoSuchTable` or `UnreadableTable`.
    """
    chosen = form or form_of(location)
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
