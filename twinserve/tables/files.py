"""Reading a table from where it is; each error is one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO, Final

import pandas as pd

from twinserve.notes import Note
from twinserve.tables.cells import Cells
from twinserve.tables.formats import (
    Form,
    Reading,
    UnreadableTable,
    files_of,
    form_of,
    is_database,
    require_known,
    shown,
)
from twinserve.tables.readers.csv_file import read_csv
from twinserve.tables.readers.database import read_database
from twinserve.tables.readers.excel_file import read_excel
from twinserve.tables.readers.json_file import read_json
from twinserve.tables.readers.parquet_file import read_parquet
from twinserve.tables.readers.stacked import stacked, with_groups
from twinserve.tables.source import Open, source_of, unpacking

READERS: Final[Mapping[Form, Callable[[Open, Reading], tuple[pd.DataFrame, Cells]]]] = {
    "csv": read_csv,
    "parquet": read_parquet,
    "jsonl": read_json,
    "json": read_json,
    "excel": read_excel,
}


def read(locations: Sequence[str], reading: Reading, standard_input: BinaryIO) -> tuple[pd.DataFrame, Cells]:
    """The rows of all these files one after the other, and how their cells are written.

    A location is a file, a pattern of files, the URL of a database, or `-` for `standard_input`.
    Raises `NoSuchTable` or `UnreadableTable`.
    """
    for location in locations:
        require_known(location, reading)
    places = [place for location in locations for place in files_of(location)]
    first, *others = [_read(place, reading, standard_input) for place in places]
    if not others:
        return first[0], replace(first[1], null_values=reading.null_values)
    every = dict.fromkeys(name for frame, _ in (first, *others) for name in frame.columns)
    frames = [with_groups(frame, every) for frame, _ in (first, *others)]
    names = list(frames[0].columns)
    for place, frame in zip(places[1:], frames[1:], strict=True):
        if missing := [*set(names) ^ set(frame.columns)]:
            which = f"{min(missing, key=str)!r} is in one only"
            raise UnreadableTable(f"{shown(places[0])!r} and {shown(place)!r} have different columns: {which}.")
    frames = [frame[names] for frame in frames]
    cells = [first[1], *(cells for _, cells in others)]
    together = Cells(
        typed=all(one.typed for one in cells),
        loose_digits=any(one.loose_digits for one in cells),
        decimal_comma=all(one.decimal_comma for one in cells),
        null_values=reading.null_values,
        notes=(*first[1].notes, Note("fact", None, f"{len(frames)} files, read one after the other")),
    )
    return stacked(frames, typed=together.typed), together


def _read(location: str, reading: Reading, standard_input: BinaryIO) -> tuple[pd.DataFrame, Cells]:
    try:
        if is_database(location):
            frame, cells = read_database(location, reading.query or "")
        else:
            form = reading.form or form_of(location)
            source = source_of(location, standard_input)
            with unpacking(location):
                frame, cells = READERS[form](source, reading)
    except UnreadableTable as error:
        begun = str(error).startswith(repr(location)) or is_database(location)
        raise UnreadableTable(str(error) if begun else f"{location!r}: {error}") from None
    if frame.empty:
        raise UnreadableTable(f"{shown(location)!r} holds no rows.")
    return frame, cells
