"""The columns of a table hold the values of its file, whatever a parser would infer."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import lzma
import sqlite3
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from twinserve.tables.files import read
from twinserve.tables.formats import AS_IT_IS, Form, NoSuchTable, Reading, UnreadableTable
from twinserve.tables.readers import csv_file, json_file, parquet_file
from twinserve.tables.values import read_values

NOTHING = io.BytesIO()


def read_csv(content: bytes) -> pd.DataFrame:
    """The table in these bytes."""
    return csv_file.read_csv(lambda: io.BytesIO(content))[0]


def read_jsonl(content: bytes) -> pd.DataFrame:
    """The table in these bytes."""
    return json_file.read_json(lambda: io.BytesIO(content))[0]


def read_parquet(content: bytes) -> pd.DataFrame:
    """The table in these bytes."""
    return parquet_file.read_parquet(lambda: io.BytesIO(content))[0]


def table(*locations: str | Path, **reading: Any) -> pd.DataFrame:
    """The table at these places."""
    return read(list(map(str, locations)), Reading(**reading), NOTHING)[0]


def column(*cells: str) -> Any:
    """A CSV's only column."""
    return read_csv(("it,n\n" + "".join(f"{cell},1\n" for cell in cells)).encode())["it"]


@pytest.mark.parametrize(
    ("cells", "dtype", "values"),
    [
        (("1", "2", ""), "Int64", [1, 2, pd.NA]),
        (("1", "2.0"), "float64", [1.0, 2.0]),
        (("1e3", "-.5"), "float64", [1000.0, -0.5]),
        (("9" * 5000, "1"), "float64", [np.inf, 1.0]),
        (("9007199254740993", "1"), "float64", [9007199254740992.0, 1.0]),
        (("007", "8"), "str", ["007", "8"]),
        (("-0.5", "0"), "float64", [-0.5, 0.0]),
        (("1,5".replace(",", "·"), "2"), "str", ["1·5", "2"]),
        (("True", "False"), "str", ["True", "False"]),
        (("NA", "x"), "str", ["NA", "x"]),
        (("NA", "1"), "str", ["NA", "1"]),
        (("", "x"), "str", [None, "x"]),
    ],
)
def test_the_whole_column_decides_what_a_cell_is(cells: tuple[str, ...], dtype: str, values: list[Any]) -> None:
    series = column(*cells)
    assert str(series.dtype) == dtype
    pd.testing.assert_series_equal(series, pd.Series(values, name="it", dtype=dtype))


def test_all_rows_of_several_files_decide_what_a_column_is(tmp_path: Path) -> None:
    """Numbers of one file stay numbers beside words for null, and are texts beside codes; an empty column decides
    nothing."""
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text("n,code,price,empty\n" + "1,12345,1.5,\n,54321,2,\n")
    other.write_text("n,code,price,empty\n" + 'NA,00123,"1,200",7\n3,00124,900,8\n')
    frame, cells = read([str(one), str(other)], AS_IT_IS, NOTHING)
    values = read_values(frame, cells).frame
    assert values["n"].astype(object).where(values["n"].notna(), None).tolist() == [1, None, None, 3]
    assert values["code"].tolist() == ["12345", "54321", "00123", "00124"]
    assert values["price"].tolist() == [1.5, 2.0, 1200.0, 900.0]
    assert values["empty"].dropna().tolist() == [7, 8]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_tells_the_delimiter(delimiter: str) -> None:
    content = f"\ufeffa{delimiter}größe\n1{delimiter}x\n".encode()
    assert list(read_csv(content).columns) == ["a", "größe"]


def test_what_is_quoted_in_the_header_is_no_delimiter() -> None:
    assert list(read_csv(b'"Price, EUR";"Area, m2"\n1;2\n').columns) == ["Price, EUR", "Area, m2"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_end_of_line_will_do(end: str) -> None:
    assert read_csv(f"a;b{end}1;x{end}2;y{end}".encode()).to_dict("list") == {"a": [1, 2], "b": ["x", "y"]}


def test_a_header_that_no_reader_takes_is_refused_in_one_sentence() -> None:
    with pytest.raises(UnreadableTable, match=r"^not a CSV file: field larger than .*[^.]\.$"):
        read_csv(b"a" * 200_000 + b",y\n1,2\n")


def test_json_lines_nest_with_dots_and_a_missing_key_is_null() -> None:
    frame = read_jsonl(b'{"a": {"b": 1, "c": {"d": true}}}\n\n{"e": 1' + b"0" * 5000 + b"}\n")
    assert frame.to_dict("list") == {"a.b": [1, None], "a.c.d": [True, None], "e": [None, float("inf")]}


def test_parquet_structures_become_dotted_names() -> None:
    buffer = io.BytesIO()
    pd.DataFrame({"a": [{"b": {"c": 1}}, {"b": {"c": None}}]}).to_parquet(buffer)
    assert read_parquet(buffer.getvalue()).to_dict("list") == {"a.b.c": [1, None]}


def test_two_columns_of_one_name_are_refused_in_parquet_too() -> None:
    buffer = io.BytesIO()
    parquet.write_table(pa.table([[1, 2], [3, 4]], names=["a", "a"]), buffer)
    with pytest.raises(UnreadableTable, match=r"^Two columns are named 'a'; rename one of them\.$"):
        read_parquet(buffer.getvalue())


@pytest.mark.parametrize("row", [rb'{"a": "cut \ud83d"}', rb'{"\uDE00": 1}', rb'{"a": [{"b": "\ud83d"}]}'])
def test_half_a_character_is_refused_with_its_line(row: bytes) -> None:
    with pytest.raises(UnreadableTable, match=r"^line 2 holds a lone surrogate"):
        read_jsonl(rb'{"a": "whole \ud83d\ude00"}' + b"\n" + row)


def test_the_form_goes_before_the_ending(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('{"a": 1}')
    assert table(path, form="jsonl").to_dict("list") == {"a": [1]}


def test_standard_input_is_a_csv() -> None:
    assert read(["-"], AS_IT_IS, io.BytesIO(b"a\n1\n"))[0].to_dict("list") == {"a": [1]}


def test_an_unknown_ending_is_refused() -> None:
    with pytest.raises(NoSuchTable, match=r"The ending of 'rows.sav' names no known format; give --format csv, "):
        table("rows.sav")


PLAIN = b"a,b\n1,x\n2,y\n"
ROWS = {"a": [1, 2], "b": ["x", "y"]}


def zipped(content: bytes, *names: str) -> bytes:
    """A zip archive with this content under each name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv.gz", gzip.compress(PLAIN)),
        ("t.csv.xz", lzma.compress(PLAIN)),
        ("t.csv.bz2", bz2.compress(PLAIN)),
        ("t.csv.zst", pa.compress(PLAIN, codec="zstd", asbytes=True)),
        ("t.csv.zip", zipped(PLAIN, "anything")),
        ("t.zip", zipped(PLAIN, "data/rows.csv")),
        ("t.csv", PLAIN.decode().encode("utf-16")),
        ("t.csv", "\ufeff".encode("utf-16-be") + PLAIN.decode().encode("utf-16-be")),
        ("t.JSON", pd.DataFrame(ROWS).to_json(orient="records").encode()),
        ("t.json", pd.DataFrame(ROWS).to_json(orient="records", lines=True).encode()),
        ("t.jsonl", json.dumps([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], indent=1).encode()),
        ("t.jsonl.gz", gzip.compress(b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n')),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_table_is_read_packed_in_either_unicode_and_as_an_array(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert table(tmp_path / name).to_dict("list") == ROWS


def test_parquet_is_read_packed(tmp_path: Path) -> None:
    pd.DataFrame(ROWS).to_parquet(tmp_path / "t.parquet")
    (tmp_path / "t.parquet.gz").write_bytes(gzip.compress((tmp_path / "t.parquet").read_bytes()))
    assert table(tmp_path / "t.parquet.gz").to_dict("list") == ROWS


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("t.csv.gz", PLAIN, "cannot be unpacked: Not a gzipped file"),
        ("t.csv.gz", gzip.compress(PLAIN * 999)[:-9], "cannot be unpacked: Compressed file ended"),
        ("t.csv.xz", PLAIN, "cannot be unpacked: Input format not supported"),
        ("t.csv.zst", PLAIN, "cannot be unpacked: it is no Zstandard file"),
        ("t.zip", PLAIN, "is no zip archive"),
        ("t.zip", zipped(PLAIN, "a.csv", "b.csv"), "holds 2 files; a table is one"),
        ("t.csv", "a\nü".encode("utf-16")[:-1], "not UTF-16 in line 2"),
        ("t.csv", b"a\n1\n\xff\n", "not UTF-8 in line 3"),
        ("t.csv", b"a\n" + b"x\n" * 2**20 + b"\xff\n", "not UTF-8 in line 1048578"),
        ("t.json", b"[1]", "the element 1 of the array is not an object"),
        ("t.json", b'[{"a": 1}', "not JSON in line 1"),
        ("t.json", rb'[{"a": "\ud83d"}]', "the element 1 of the array holds a lone surrogate"),
        ("t.json", b'{\n "a": {"0": 1}\n}', "line 1 is not a JSON object; a table is an array of objects, as to_json("),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_no_table_is_told_in_one_sentence(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableTable) as refused:
        table(tmp_path / name)
    assert sentence in str(refused.value)
    assert str(refused.value).count(f"{name}'") == 1


def test_several_files_are_one_table(tmp_path: Path) -> None:
    """By a pattern or by their names; the columns may be in another order."""
    (tmp_path / "a.csv").write_bytes(PLAIN)
    (tmp_path / "b.csv").write_bytes(b"b,a\nz,3\n")
    for places in ([tmp_path / "a.csv", tmp_path / "b.csv"], [tmp_path / "*.csv"]):
        frame, cells = read(list(map(str, places)), AS_IT_IS, NOTHING)
        assert frame.to_dict("list") == {"a": [1, 2, 3], "b": ["x", "y", "z"]}
        assert [note.sentence for note in cells.notes] == ["2 files, read one after the other"]
    (tmp_path / "c.csv").write_bytes(b"a,c\n1,2\n")
    with pytest.raises(UnreadableTable, match=r"a\.csv' and .*c\.csv' have different columns: 'b' is in one only\.$"):
        table(tmp_path / "*.csv")
    with pytest.raises(NoSuchTable, match=r"^No file matches "):
        table(tmp_path / "*.parquet")


def test_a_file_without_a_header_has_numbered_columns() -> None:
    """Its cells decide, and a person decides otherwise."""
    content = b"5.1,3.5,red\n4.9,3.0,blue\n"
    frame, cells = csv_file.read_csv(lambda: io.BytesIO(content))
    assert frame.to_dict("list") == {"column_1": [5.1, 4.9], "column_2": [3.5, 3.0], "column_3": ["red", "blue"]}
    assert "no header" in cells.notes[0].sentence
    frame, cells = csv_file.read_csv(lambda: io.BytesIO(content), Reading(header=True))
    assert (list(frame.columns), cells.notes) == (["5.1", "3.5", "red"], ())
    frame, cells = csv_file.read_csv(lambda: io.BytesIO(b"a,b\nc,d\n"), Reading(header=False))
    assert frame.to_dict("list") == {"column_1": ["a", "c"], "column_2": ["b", "d"]}
    assert "--no-header" in cells.notes[0].sentence


def test_excel_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_bytes(b"no workbook")
    with pytest.raises(UnreadableTable, match="not an Excel file"):
        table(tmp_path / "t.xlsx")
    pd.DataFrame(ROWS).to_excel(tmp_path / "t.xlsx", index=False)
    assert table(tmp_path / "t.xlsx").to_dict("list") == ROWS


def test_a_database_answers(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 't.db'}"
    with contextlib.closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        pd.DataFrame(ROWS).to_sql("t", connection, index=False)
    assert table(url, query="select a, b from t order by a").to_dict("list") == ROWS
    with pytest.raises(UnreadableTable, match=r"no such table: u\.$"):
        table(url, query="select * from u")


@pytest.mark.parametrize(("package", "extra"), [("openpyxl", "excel"), ("sqlalchemy", "sql")])
def test_the_package_that_is_missing_is_named(
    package: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / "t.xlsx").write_bytes(b"no workbook")
    source = str(tmp_path / "t.xlsx") if extra == "excel" else f"sqlite:///{tmp_path / 't.db'}"
    query = None if extra == "excel" else "select 1"
    with pytest.raises(NoSuchTable, match=rf"pip install 'twinserve\[{extra}\]'"):
        table(source, query=query)


@pytest.mark.parametrize("query", [None, "select 1"])
def test_no_message_has_the_password_of_a_database(query: str | None) -> None:
    with pytest.raises((NoSuchTable, UnreadableTable)) as refused:
        table("postgresql://me:secret@nowhere.invalid/loans?sslmode=no", query=query)
    assert "secret" not in str(refused.value)


@given(content=st.binary(min_size=1), form=st.sampled_from(["csv", "jsonl", "json", "parquet"]))
@settings(deadline=None)
def test_any_bytes_are_a_table_or_are_refused_in_one_line(content: bytes, form: Form) -> None:
    sentence = ""
    try:
        read(["-"], Reading(form), io.BytesIO(content))
    except UnreadableTable as refused:
        sentence = str(refused)
    assert "\n" not in sentence


@given(
    st.lists(st.tuples(st.integers(1 - 2**53, 2**53 - 1), st.floats(allow_nan=False, allow_infinity=False)), min_size=1)
)
@settings(deadline=None)
def test_numbers_come_back_as_the_same_doubles(rows: list[tuple[int, float]]) -> None:
    text = "whole,real\n" + "".join(f"{whole},{real!r}\n" for whole, real in rows)
    lines = "".join(json.dumps({"whole": whole, "real": real}) + "\n" for whole, real in rows)
    for frame in (read_csv(text.encode()), read_jsonl(lines.encode())):
        assert frame["whole"].tolist() == [whole for whole, _ in rows]
        assert frame["real"].tolist() == [real for _, real in rows]
