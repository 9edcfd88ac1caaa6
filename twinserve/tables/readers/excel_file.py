"""A table from a sheet of an Excel file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from twinserve.notes import Note
from twinserve.tables.cells import Cells
from twinserve.tables.formats import AS_IT_IS, NoSuchTable, Reading, UnreadableTable, first_line
from twinserve.tables.readers.text import require_different
from twinserve.tables.source import Open

ROWS_ABOVE: Final = 20
"""Below more rows than this no header is looked for."""


def read_excel(source: Open, reading: Reading = AS_IT_IS) -> tuple[pd.DataFrame, Cells]:
    """A table from a sheet, whose first row names the columns; raises `NoSuchTable` without openpyxl."""
    with source() as stream:
        content = io.BytesIO(stream.read())
    try:
        book = pd.ExcelFile(content, engine="openpyxl")
        sheets = [str(name) for name in book.sheet_names]
        chosen = _chosen(sheets, reading.sheet)
        sheet = pd.read_excel(book, sheet_name=chosen, header=None, keep_default_na=False, na_values=[""])
    except ImportError:
        raise NoSuchTable("An Excel file is read with openpyxl: pip install 'twinserve[excel]'.") from None
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise UnreadableTable(f"not an Excel file: {first_line(error)}.") from None
    if sheet.empty:
        raise UnreadableTable(f"its sheet {chosen!r} is empty{_others(sheets, chosen)}.")
    if (header := _header_below(sheet)) is not None:
        raise UnreadableTable(
            f"the names of the columns seem to be in row {header} of the sheet {chosen!r}, below a title: delete the "
            "rows above them."
        )
    names = [f"Unnamed: {place}" if pd.isna(name) else str(name) for place, name in enumerate(sheet.iloc[0])]
    require_different(names)
    frame = sheet.iloc[1:].reset_index(drop=True).infer_objects()
    frame.columns = pd.Index(names)
    told = f"the first of {len(sheets)} sheets was read, {chosen!r}; --sheet NAME reads another"
    is_told = reading.sheet is None and len(sheets) > 1
    return frame, Cells(loose_digits=True, notes=(Note("fact", None, told),) if is_told else ())


def _chosen(sheets: Sequence[str], asked: str | None) -> str:
    """The sheet that is asked for, or the first; raises `NoSuchTable`."""
    if asked is None or asked in sheets:
        return asked or sheets[0]
    raise NoSuchTable(f"The file has no sheet {asked!r}; it has {', '.join(sheets)}.")


def _others(sheets: Sequence[str], chosen: str) -> str:
    others = [name for name in sheets if name != chosen]
    return f"; --sheet NAME reads another: {', '.join(others)}" if others else ""


def _header_below(sheet: pd.DataFrame) -> int | None:
    """The row, from 1, that seems to name the columns where the first row is empty or has a title alone.

    It holds several texts and nothing else, and what stands below it is more than texts."""
    first = sheet.iloc[0].notna()
    if len(sheet.columns) < 2 or first.iloc[1:].any():
        return None
    for place in range(1, min(ROWS_ABOVE, len(sheet) - 1)):
        names, below = sheet.iloc[place].dropna(), sheet.iloc[place + 1].dropna()
        if len(names) > 1:
            are_names = _are_texts(names) and (len(names) > 2 or not _are_texts(below))
            return place + 1 if are_names else None
    return None


def _are_texts(cells: pd.Series[Any]) -> bool:
    return all(isinstance(cell, str) for cell in cells.tolist())
