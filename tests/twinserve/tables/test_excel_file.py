"""Sheets of an Excel file, and a title above the names of the columns."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from twinserve.errors import AskedWrongly
from twinserve.tables.files import read
from twinserve.tables.formats import Reading

ROWS = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
OLD = pd.DataFrame({"c": [5]})


def frame(path: Path, sheet: str | None = None) -> pd.DataFrame:
    """The table of a file."""
    return read([str(path)], Reading(sheet=sheet), io.BytesIO())[0]


def refusal(path: Path, sheet: str | None = None) -> str:
    """Why there is none."""
    with pytest.raises(AskedWrongly) as refused:
        frame(path, sheet)
    return str(refused.value)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook of three sheets, of which the last is empty."""
    with pd.ExcelWriter(tmp_path / "t.xlsx") as writer:
        ROWS.to_excel(writer, index=False, sheet_name="rows")
        OLD.to_excel(writer, index=False, sheet_name="old ones")
        pd.DataFrame().to_excel(writer, index=False, sheet_name="none")
    return tmp_path / "t.xlsx"


def written(folder: Path, *rows: list[Any]) -> Path:
    """A workbook of one sheet with these rows."""
    pd.DataFrame(rows).to_excel(folder / "t.xlsx", index=False, header=False)
    return folder / "t.xlsx"


def test_a_sheet_is_read_by_its_name(book: Path) -> None:
    assert frame(book, "old ones").to_dict("list") == {"c": [5]}
    assert read([str(book)], Reading(sheet="rows"), io.BytesIO())[1].notes == ()


def test_a_sheet_that_is_not_there_or_empty_is_one_sentence(book: Path) -> None:
    assert refusal(book, "new") == "The file has no sheet 'new'; it has rows, old ones, none."
    assert refusal(book, "none").endswith("its sheet 'none' is empty; --sheet NAME reads another: rows, old ones.")


def test_only_an_excel_file_has_sheets(tmp_path: Path) -> None:
    ROWS.to_csv(tmp_path / "t.csv", index=False)
    assert refusal(tmp_path / "t.csv", "rows").startswith("--sheet belongs to an Excel file, and ")


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([["Loans of 2024", None, None], ["a", "b", "c"], ["x", "y", "z"]], 2),
        ([["Loans of 2024", None], ["as of May", None], [None, None], ["a", "b"], ["x", 1]], 4),
        ([[None, None], ["a", "b"], ["x", 1]], 2),
    ],
)
def test_a_title_above_the_header_is_told_with_what_to_do(tmp_path: Path, rows: list[list[Any]], header: int) -> None:
    told = f"the names of the columns seem to be in row {header} of the sheet 'Sheet1', below a title: delete the rows"
    assert told in refusal(written(tmp_path, *rows))


@pytest.mark.parametrize(
    "rows",
    [
        [[None, "a"], [0, "x"], [1, "y"]],
        [["a", None], ["x", "y"], ["x", "z"]],
        [["a", None, None], [1, "x", "y"], [2, "x", "y"]],
        [["a"], ["x"], ["y"]],
    ],
)
def test_a_header_with_empty_cells_is_no_title(tmp_path: Path, rows: list[list[Any]]) -> None:
    assert len(frame(written(tmp_path, *rows))) == 2
