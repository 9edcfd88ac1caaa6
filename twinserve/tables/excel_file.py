"""A table from the first sheet of an Excel file."""

from __future__ import annotations

import io
import zipfile

import pandas as pd

from twinserve.notes import Note
from twinserve.tables.cells import Cells
from twinserve.tables.formats import AS_IT_IS, NoSuchTable, Reading, UnreadableTable, first_line
from twinserve.tables.source import Open
from twinserve.tables.text import require_different


def read_excel(source: Open, _: Reading = AS_IT_IS) -> tuple[pd.DataFrame, Cells]:
    """A table from the first sheet, whose first row names the columns; raises `NoSuchTable` without openpyxl."""
    with source() as stream:
        content = io.BytesIO(stream.read())
    try:
        book = pd.ExcelFile(content, engine="openpyxl")
        sheet = pd.read_excel(book, header=None, keep_default_na=False, na_values=[""])
    except ImportError:
        raise NoSuchTable("An Excel file is read with openpyxl: pip install 'twinserve[excel]'.") from None
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise UnreadableTable(f"not an Excel file: {first_line(error)}.") from None
    if sheet.empty:
        raise UnreadableTable("its first sheet is empty.")
    names = [f"Unnamed: {place}" if pd.isna(name) else str(name) for place, name in enumerate(sheet.iloc[0])]
    require_different(names)
    frame = sheet.iloc[1:].reset_index(drop=True).infer_objects()
    frame.columns = pd.Index(names)
    first, *others = map(str, book.sheet_names)
    notes = (Note("fact", None, f"the first of {1 + len(others)} sheets was read, {first!r}"),) if others else ()
    return frame, Cells(notes=notes)
