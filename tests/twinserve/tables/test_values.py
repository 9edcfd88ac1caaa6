"""Cells mean what people mean by them; what was read how is counted, and no cell is named."""

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

from twinserve.signature.request.validator import Validator
from twinserve.signature.sources.from_table import Known, from_table
from twinserve.tables.cells import Cells
from twinserve.tables.files import read
from twinserve.tables.formats import Reading
from twinserve.tables.values import Values, read_values

CSV = Cells(typed=False)


def values(*cells: Any, how: Cells = CSV) -> Values:
    """A table of one column."""
    return read_values(pd.DataFrame({"it": pd.Series(cells, dtype=object)}), how)


def told(read: Values) -> list[str]:
    """The notes."""
    return [note.sentence for note in read.notes]


def listed(read: Values) -> list[Any]:
    """The cells, with None for null."""
    return [None if pd.isna(value) else value for value in read.frame["it"].tolist()]


@pytest.mark.parametrize(
    ("cells", "expected", "unit", "sentence"),
    [
        (("$1,234.50", "-$3", "$.5"), [1234.5, -3, 0.5], "$", "3 cells are amounts in $, read as numbers"),
        (("(€5)", "€ 7", "9 "), [-5, 7, 9], "€", "2 cells are amounts in €, read as numbers"),
        (("5 EUR", "7.5 EUR"), [5, 7.5], "EUR", "2 cells are amounts in EUR, read as numbers"),
        (("20%", "3.5 %", "0"), [20, 3.5, 0], "%", "2 cells are percentages, read as the number before the sign"),
        (("23,288", "7", "1,000,000"), [23288, 7, 10**6], None, "2 cells are numbers with separators of thousands"),
        (("\u22127", "8"), [-7, 8], None, "1 cells are numbers with a sign in front, or in brackets"),
        (("1\u202f234", "12'345"), [1234, 12345], None, "2 cells are numbers with separators of thousands"),
        (("2012/01/31", "2012/2/1"), ["2012-01-31", "2012-02-01"], None, "2 cells are dates, read as YYYY-MM-DD"),
        (("2012/01/31 13:05", None), ["2012-01-31 13:05:00", None], None, "1 cells are dates, read as YYYY-MM-DD"),
        (("1949-01", "1949-12"), ["1949-01-01", "1949-12-01"], None, "2 cells are months, read as their first days"),
        (("31.12.2012", "1.2.2013"), ["2012-12-31", "2013-02-01"], None, "2 cells are dates with the day first, as a "),
        (("12/31/2012", "1/2/2013"), ["2012-12-31", "2013-01-02"], None, "2 cells are dates with the month first, as "),
        (
            ("12/31/2023 1:05 PM", "1/2/2024 12:00 AM"),
            ["2023-12-31 13:05:00", "2024-01-02 00:00:00"],
            None,
            "2 cells are dates with the month first, as ",
        ),
        (("Jun 12 1998", "Aug 7, 1998"), ["1998-06-12", "1998-08-07"], None, "2 cells are dates, read as YYYY-MM-DD"),
        (("12-Jun-1998", "7 August 1998"), ["1998-06-12", "1998-08-07"], None, "2 cells are dates, read as YYYY-MM-DD"),
        (("13:05", "00:00:30"), [47100, 30], "seconds since midnight", "2 cells are times of day, read as seconds "),
        (("1:05 PM", "12:00 am"), [47100, 0], "seconds since midnight", "2 cells are times of day, read as seconds "),
        (("36:00:00", "1:00:00"), [129600, 3600], "seconds", "2 cells are durations, read as seconds"),
        (("1 days 02:00:00", "3 days"), [93600, 259200], "seconds", "2 cells are durations, read as seconds"),
        (("PT1H30M", "-P1D"), [5400, -86400], "seconds", "2 cells are durations, read as seconds"),
        (("2h 5min", "90 min"), [7500, 5400], "seconds", "2 cells are durations, read as seconds"),
    ],
    ids=str,
)
def test_spellings_are_read_and_counted(cells: Any, expected: list[Any], unit: str | None, sentence: str) -> None:
    """In any format."""
    for how in (CSV, Cells()):
        result = values(*cells, how=how)
        assert listed(result) == expected
        assert result.units.get("it") == unit
        assert told(result)[-1].startswith(sentence)


def test_a_date_among_dates_with_times_is_its_midnight() -> None:
    """And may be sent as the table has it."""
    frame = pd.DataFrame({"it": ["2024-01-31", "2024-02-01 13:00:00", "2024-02-03"] * 10})
    read = read_values(frame, CSV)
    table = from_table(read.frame, known=Known(notations=read.notations))
    assert told(read) == ["20 cells are dates without a time, read as their midnight in UTC"]
    batch = Validator(table.signature).validate(frame.to_json(orient="records").encode())
    expected = pd.to_datetime(table.frame["it"]).astype("datetime64[s]").astype("int64")
    np.testing.assert_array_equal(batch.columns.matrix[:, 0], expected)


def test_a_literal_column_keeps_its_cells() -> None:
    """Only blanks around them go, and what is null in every column."""
    cells = pd.DataFrame({"it": [" $1", "NA", "007", None, "?"]})
    read = read_values(cells, Cells(typed=False, null_values=("?",)), ["it"])
    assert listed(read) == ["$1", "NA", "007", None, None]


def test_a_comma_is_the_decimal_point_where_semicolons_separate() -> None:
    cells = ("1.234,50", "7,5", "12")
    assert listed(values(*cells, how=Cells(typed=False, decimal_comma=True))) == [1234.5, 7.5, 12]
    assert listed(values(*cells)) == list(cells)
    assert listed(values("1,234", "1,5", how=Cells(typed=False, decimal_comma=True))) == [1.234, 1.5]


@pytest.mark.parametrize(
    "cells",
    [
        ("007", "8"),
        ("18-25", "26-35"),
        ("1.2.10", "1.10.3"),
        ("$5", "€5"),
        ("20%", "0.3"),
        ("1/2/2013", "3/4/2013"),
        ("1/2/13", "31/4/13"),
        ("2012/13/01", "2012/01/01"),
        ("3d", "10s"),
        ("1,5", "2,5"),
        ("0,436", "1,250"),
        ("25:99", "1:05"),
        ("13:05 PM", "1:05 PM"),
    ],
)
def test_what_is_ambiguous_or_a_code_stays_a_text(cells: tuple[str, ...]) -> None:
    assert listed(values(*cells)) == list(cells)


@pytest.mark.parametrize(
    ("cells", "trouble"),
    [
        (("$5",) * 97 + ("call",) * 3, "looks like money in 97% of its cells, but 3 (rows 98, 99, 100) are not"),
        (("5",) * 9 + ("many",), "looks like numbers in 90% of its cells, but row 10 is not"),
        (("20%",) * 6 + ("x",) * 4, "looks like percentages in 60% of its cells, but 4 (rows 7, 8, 9, ...) are not"),
        (("2012/01/01",) * 3 + ("soon",), "looks like dates in 75% of its cells, but row 4 is not"),
        (("1/2/2013", "3/4/2013"), "looks like dates, of which nothing tells whether the day or the month is first"),
        (("$5", "€5"), "holds amounts in different units ($, €)"),
        (("20%", "0.3"), "holds percentages and plain numbers"),
    ],
    ids=str,
)
def test_what_nearly_is_of_a_kind_is_told_with_rows_and_without_a_value(cells: Any, trouble: str) -> None:
    assert values(*cells).troubles == {"it": trouble}


def test_blanks_around_texts_are_left_out_and_counted() -> None:
    """So that a text without them is the same category."""
    result = values(" <=50K", " >50K", " <=50K", "<=50K", "  ")
    assert listed(result) == ["<=50K", ">50K", "<=50K", "<=50K", None]
    assert told(result) == ["3 cells have blanks around the text, which are left out"]


@pytest.mark.parametrize("dtype", [object, "str", "category", pd.ArrowDtype(pa.string())], ids=str)
def test_texts_are_read_alike_whatever_holds_them(dtype: Any) -> None:
    """As what Parquet gives depends on who wrote it; of categories the type is said, so amounts are none there."""
    table = pd.DataFrame({"c": [" a", "?", None, "a"], "price": ["$1", "$1,200", "$3", "$3"]}, dtype=dtype)
    read = read_values(table, Cells(null_values=("?",)))
    assert [None if pd.isna(value) else value for value in read.frame["c"]] == ["a", None, None, "a"]
    said = isinstance(read.frame["c"].dtype, pd.CategoricalDtype)
    assert said == (dtype == "category")
    assert read.frame["price"].tolist() == (["$1", "$1,200", "$3", "$3"] if said else [1.0, 1200.0, 3.0, 3.0])


@pytest.mark.parametrize("how", [CSV, Cells()], ids=["csv", "typed"])
def test_only_the_empty_cell_is_null_among_texts(how: Cells) -> None:
    result = values("NA", "red", "", "None", "NA", how=how)
    assert listed(result) == ["NA", "red", None, "None", "NA"]
    assert told(result) == ["'NA' and 'None' in 3 cells is a text, and null with --null-values"]
    chosen = values("NA", "red", "none", how=Cells(how.typed, null_values=("NA", "red")))
    assert listed(chosen) == [None, None, "none"]
    assert "2 cells are null by --null-values" in told(chosen)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1", "NA", "2", "?"), [1, None, 2, None]),
        (("$1", "NA", "$2", "?"), [1, None, 2, None]),
        (("2012-01-01", "NA", "2012-01-02", "?"), ["2012-01-01", None, "2012-01-02", None]),
        (("True", "NA", "false", "?"), [True, None, False, None]),
    ],
    ids=str,
)
def test_well_known_words_are_null_among_numbers_dates_and_booleans(cells: Any, expected: list[Any]) -> None:
    result = values(*cells)
    assert listed(result) == expected
    assert told(result)[-1] == "'?' and 'NA' in 2 cells, read as null"


def test_words_for_null_among_numbers_of_a_typed_file_are_null() -> None:
    result = values(1, "NA", 2.5, "", how=Cells())
    assert listed(result) == [1, None, 2.5, None]
    assert told(result) == ["'NA' in 2 cells, read as null"]
    assert listed(values(1, "red", how=Cells())) == [1, "red"]


def test_numbers_that_somebody_wrote_as_texts_stay_texts() -> None:
    """In a file that tells the two apart, a caller sends texts, too."""
    assert listed(values("1", "2", how=Cells())) == ["1", "2"]


def test_whole_numbers_stay_whole_and_amounts_need_not() -> None:
    assert str(values("1,000", "2").frame["it"].dtype) == "Int64"
    assert str(values("$1,000", "$2").frame["it"].dtype) == "float64"


def test_a_table_with_nothing_to_read_is_the_same_object() -> None:
    frame = pd.DataFrame({"a": [1.5, 2.5], "b": ["x", "y"], "c": [[1], [2]]})
    assert read_values(frame, CSV).frame is frame


SPELLED: dict[str, st.SearchStrategy[str]] = {
    "money": st.integers(-(10**9), 10**9).map(lambda cents: f"${cents / 100:,.2f}".replace("$-", "-$")),
    "percent": st.integers(0, 100).map(lambda share: f"{share}%"),
    "thousands": st.integers(-(10**9), 10**9).map(lambda number: f"{number:,}"),
    "slashed": st.dates().map(lambda day: f"{day:%Y}".zfill(4) + f"/{day:%m/%d}"),
    "month": st.dates().map(lambda day: f"{day:%Y}".zfill(4) + f"-{day:%m}"),
    "instant": st.datetimes().map(lambda time: time.replace(microsecond=0).isoformat(" ")),
    "clock": st.times().map(lambda time: f"{time:%H:%M}"),
    "flag": st.sampled_from(["True", "False"]),
    "text": st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6),
    "whole": st.integers(-(10**9), 10**9).map(str),
    "real": st.floats(-1e100, 1e100).map(repr),
}


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Tables of texts as people write them, some empty, some padded, some `NA`; a line is never blank."""
    rows = draw(st.integers(1, 12))
    columns: dict[str, list[str]] = {}
    for kind in draw(st.lists(st.sampled_from(sorted(SPELLED)), min_size=2, max_size=5, unique=True)):
        cell = SPELLED[kind]
        odd = draw(st.sampled_from([st.nothing(), st.just(""), st.just("NA"), cell.map(lambda text: f" {text} ")]))
        columns[kind] = draw(st.lists(cell | odd, min_size=rows, max_size=rows))
    return pd.DataFrame(columns)


@given(tables())
@settings(deadline=None)
def test_a_row_is_a_request_as_pandas_writes_the_table_that_was_read(frame: pd.DataFrame) -> None:
    """Whatever a CSV file holds: numbers as numbers, dates as they are, null as null."""
    stream = io.BytesIO(frame.to_csv(index=False).encode())
    result = read_values(*read(["-"], Reading("csv", header=True), stream))
    table = from_table(result.frame, drop=False, known=Known(result.units, result.troubles))
    rows = json.loads(result.frame.to_json(orient="records", double_precision=15))
    batch = Validator(table.signature).validate(json.dumps(rows).encode())
    assert len(batch.columns.matrix) == len(frame)


TYPED: dict[str, st.SearchStrategy[Any]] = {
    "number": st.floats(-1e6, 1e6).map(lambda number: round(number, 3)),
    "whole": st.integers(-(10**6), 10**6),
    "flag": st.booleans(),
    "kind": st.sampled_from(["red", "green", "NA", "a, b"]),
    "day": st.dates().map(str),
}


@given(st.lists(st.fixed_dictionaries(TYPED), min_size=2, max_size=12))
@settings(deadline=None, max_examples=25)
def test_a_table_reads_the_same_from_every_format(tmp_path_factory: pytest.TempPathFactory, rows: Any) -> None:
    """As pandas writes it: its features, their types and their values."""
    frame, folder = pd.DataFrame(rows), tmp_path_factory.mktemp("formats")
    frame.to_csv(folder / "t.csv", index=False)
    frame.to_csv(folder / "t.csv.gz", index=False, sep="\t")
    frame.to_json(folder / "t.json", orient="records")
    frame.to_json(folder / "t.jsonl", orient="records", lines=True)
    frame.to_parquet(folder / "t.parquet")
    tables = [from_table(_read(folder / name), drop=False) for name in sorted(path.name for path in folder.iterdir())]
    for table in tables[1:]:
        assert table.signature == tables[0].signature
        pd.testing.assert_frame_equal(table.frame, tables[0].frame, check_exact=True)


def _read(path: Path) -> pd.DataFrame:
    return read_values(*read([str(path)], Reading(), io.BytesIO())).frame


def test_no_note_names_a_cell() -> None:
    """Notes become part of a version."""
    cells = ["$7,654,321", " $7,654,322", "private", "NA"] * 9
    result = values(*cells)
    text = " ".join([*told(result), *result.troubles.values()])
    assert "private" not in text
    assert "7,654" not in text
    assert np.all(result.frame["it"].str.strip() == result.frame["it"])
