"""What is said of a file that is none of the kind its ending says, and what a program wrote above or beside a table."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pandas as pd
import pytest

from twinserve.tables.files import read
from twinserve.tables.formats import AS_IT_IS, UnreadableTable
from twinserve.tables.readers import csv_file, json_file

ROWS = {"a": [1, 2], "b": ["x", "y"]}
WHOLE = 'line 1 is a whole table in one object; a table is an array of objects, as to_json(orient="records") writes it'


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("t.csv", b"a\n1\n\xff\n", "convert the file first, such as by iconv -f WINDOWS-1252 -t UTF-8."),
        ("t.csv", b"PAR1\xff\x00", "it is a Parquet file; --format parquet reads it."),
        ("t.csv", b"PK\x03\x04\xff", "it is an Excel file or a zip archive; --format excel reads the one"),
        ("t.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "it is an old Excel file; save it as .xlsx."),
        ("t.csv", b"SQLite format 3\x00\xff", "it is a SQLite database; --data sqlite:///FILE --query "),
        ("t.jsonl", gzip.compress(b"a,b\n" * 9), "it is packed by gzip; give it the ending .gz."),
        ("t.json", b'{"a":{"0":1,"1":2},"b":{"0":3,"1":4}}', WHOLE),
        ("t.json", b'{"0":{"a":1,"b":3},"1":{"a":2,"b":4}}', WHOLE),
        ("t.json", b'{"columns":["a"],"index":[0],"data":[[1]]}', WHOLE),
        ("t.json", b'{"schema":{"fields":[]},"data":[{"index":0,"a":1}]}', WHOLE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_error_says_what_the_file_is_and_how_it_is_read(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableTable) as refused:
        read([str(tmp_path / name)], AS_IT_IS, io.BytesIO())
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    "row",
    [
        b'{"home":{"lat":1},"work":{"lat":2}}',
        b'{"0":{"lat":1},"1":{"lon":2}}',
        b'{"0":1,"1":2}',
        b'{"data":[1],"b":2}',
        b'{"data":1,"columns":2}',
        b'{"a":{"0":1}}',
    ],
)
def test_a_row_of_objects_is_no_table(row: bytes) -> None:
    assert len(json_file.read_json(lambda: io.BytesIO(row + b"\n" + row))[0]) == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_line_that_tells_excel_the_delimiter_is_no_header(delimiter: str) -> None:
    content = f"sep={delimiter}\r\na{delimiter}b\r\n1{delimiter}x\r\n2{delimiter}y\r\n"
    assert csv_file.read_csv(lambda: io.BytesIO(content.encode()))[0].to_dict("list") == ROWS


@pytest.mark.parametrize(
    ("rest", "sentence"),
    [
        (b"1;x\n2;y;z\n", "line 4 has 3 cells and the header 2"),
        (b'1;x\n\n"2;y\n', "the quote that opens in line 5 is never closed"),
        (b"1;x\n2;" + b"\xff\n", "not UTF-8 in line 4"),
    ],
)
def test_lines_in_errors_are_those_of_the_file(rest: bytes, sentence: str) -> None:
    """Also below the line that tells the delimiter."""
    with pytest.raises(UnreadableTable, match=sentence):
        csv_file.read_csv(lambda: io.BytesIO(b"sep=;\na;b\n" + rest))


def test_which_of_several_sheets_was_read_is_told(tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "t.xlsx") as book:
        pd.DataFrame(ROWS).to_excel(book, index=False, sheet_name="rows")
        pd.DataFrame(ROWS).to_excel(book, index=False, sheet_name="old")
    _, cells = read([str(tmp_path / "t.xlsx")], AS_IT_IS, io.BytesIO())
    told = "the first of 2 sheets was read, 'rows'; --sheet NAME reads another"
    assert [note.sentence for note in cells.notes] == [told]
