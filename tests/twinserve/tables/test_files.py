"""The columns of a table hold the values of its file, whatever a parser would infer."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from twinserve.tables.csv_file import read_csv
from twinserve.tables.files import read
from twinserve.tables.formats import Form, NoSuchTable, UnreadableTable
from twinserve.tables.json_file import read_jsonl
from twinserve.tables.parquet_file import read_parquet

NOTHING = io.BytesIO()


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
        (("NA", "x"), "str", [None, "x"]),
    ],
)
def test_the_whole_column_decides_what_a_cell_is(cells: tuple[str, ...], dtype: str, values: list[Any]) -> None:
    series = column(*cells)
    assert str(series.dtype) == dtype
    pd.testing.assert_series_equal(series, pd.Series(values, name="it", dtype=dtype))


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
    assert read(str(path), "jsonl", NOTHING).to_dict("list") == {"a": [1]}


def test_standard_input_is_a_csv() -> None:
    assert read("-", None, io.BytesIO(b"a\n1\n")).to_dict("list") == {"a": [1]}


def test_an_unknown_ending_is_refused() -> None:
    with pytest.raises(NoSuchTable, match=r"The ending of 'rows.xlsx' names no known format"):
        read("rows.xlsx", None, NOTHING)


@given(content=st.binary(min_size=1), form=st.sampled_from(["csv", "jsonl", "parquet"]))
@settings(deadline=None)
def test_any_bytes_are_a_table_or_are_refused_in_one_line(content: bytes, form: Form) -> None:
    sentence = ""
    try:
        read("-", form, io.BytesIO(content))
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
