"""Lines of a CSV file that are cut off, names that are missing, and files in another encoding than they say."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

from twinserve.errors import AskedWrongly
from twinserve.tables.cells import Cells
from twinserve.tables.files import read
from twinserve.tables.formats import Reading


def table(folder: Path, content: bytes) -> tuple[pd.DataFrame, Cells]:
    """What is read of a file with this content."""
    (folder / "t.csv").write_bytes(content)
    return read([str(folder / "t.csv")], Reading(), io.BytesIO())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a,b,c\n1,2,3\n4,5\n7,8,9\n", "1 row has fewer cells than the first line (line 3); what is missing is null"),
        (
            b"sep=;\na;b;c\n1;2\n\n4\n7;8;9\n",
            "2 rows have fewer cells than the first line (the first in line 3); what is missing is null",
        ),
    ],
)
def test_rows_that_are_cut_off_are_told(tmp_path: Path, content: bytes, sentence: str) -> None:
    notes = table(tmp_path, content)[1].notes
    assert [(note.kind, note.sentence) for note in notes] == [("warning", sentence)]


def test_rows_whose_last_cell_is_empty_are_not_cut_off(tmp_path: Path) -> None:
    assert table(tmp_path, b'a,b,c\n1,2,\n4,"5\n6",\n\n7,8,9\n')[1].notes == ()


def test_columns_without_a_name_are_called_by_their_place(tmp_path: Path) -> None:
    """As pandas calls them; a spreadsheet writes them behind its table."""
    frame, _ = table(tmp_path, b"a,b,,\n1,2,,\n3,4,,\n")
    assert list(frame.columns) == ["a", "b", "Unnamed: 2", "Unnamed: 3"]


@pytest.mark.parametrize("order", ["LE", "BE"])
def test_utf_16_without_a_byte_order_mark_is_told(tmp_path: Path, order: str) -> None:
    with pytest.raises(AskedWrongly, match=f"UTF-16 without a byte order mark; .* iconv -f UTF-16{order} -t UTF-8"):
        table(tmp_path, "a,b\n1,2\n".encode(f"utf-16-{order}"))


def test_numbers_with_a_plus_in_front_are_told_from_others(tmp_path: Path) -> None:
    """So that a caller may send them as the file has them."""
    frame, _ = table(tmp_path, b"a,b\n+1,2\n-3,4\n")
    assert list(frame["a"]) == ["+1", "-3"]
