"""A signature from a table accepts every row of that table, and has a note for each column that was left out."""

from __future__ import annotations

import datetime
import decimal
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinserve.errors import UnsupportedInput
from twinserve.signature import FeatureType, Signature, to_instances
from twinserve.signature.frames import from_frame
from twinserve.signature.request.novelty import Novelty
from twinserve.signature.request.validator import Validator
from twinserve.signature.sources.from_table import FeatureTable, Known, from_table
from twinserve.signature.sources.training_profile import observe

ROWS = 30
EITHER = ["no", "yes"] * (ROWS // 2)


def types(table: FeatureTable) -> dict[str, str]:
    """Each feature's type."""
    return {feature.name: str(feature.type) for feature in table.signature.features}


def dropped(table: FeatureTable) -> dict[str | None, str]:
    """What was left out, and why."""
    return {note.column: note.sentence for note in table.notes if note.kind == "dropped"}


def numbers(**columns: Any) -> pd.DataFrame:
    """A table with a useful column beside the given ones."""
    return pd.DataFrame({"useful": np.arange(ROWS) / 7, **columns})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (list(range(ROWS)), "integer"),
        ([1.5] * (ROWS - 1) + [2.5], "number"),
        ([True, False] * 15, "boolean"),
        (["true", "FALSE"] * 15, "boolean"),
        ([True, None, False] * 10, "boolean"),
        (EITHER, "category"),
        (pd.Categorical([1, 2, 3] * 10), "category"),
        (["2024-02-29", "1999-12-31"] * 15, "date"),
        (["2024-02-30", "1999-12-31"] * 15, "category"),
        (["2024-02-29T10:00:00Z", "2024-02-29 11:30:00+02:00"] * 15, "datetime"),
        ([datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)] * 15, "date"),
        (pd.date_range("2024-01-01", periods=ROWS), "date"),
        (pd.date_range("2024-01-01", periods=ROWS, freq="h", tz="Europe/Berlin"), "datetime"),
        ([decimal.Decimal("1.1"), decimal.Decimal(2)] * 15, "number"),
        ([10**30, 1] * 15, "integer"),
        (pd.to_timedelta(np.arange(ROWS), unit="s"), "number"),
        (pd.array([1, None, 3] * 10, dtype="Int64"), "integer"),
    ],
    ids=repr,
)
def test_all_rows_decide_the_type(values: Any, expected: str) -> None:
    assert types(from_table(numbers(it=values)))["it"] == expected


def test_without_recognising_a_text_stays_a_text() -> None:
    """For a model that was fitted on texts."""
    frame = numbers(day=["2024-01-01", "2024-01-02"] * 15, flag=["true", "false"] * 15)
    assert types(from_table(frame, recognise=False)) == {"useful": "number", "day": "category", "flag": "category"}


def test_one_null_in_any_row_makes_a_field_nullable() -> None:
    frame = numbers(text=[*EITHER[:-1], None], number=[*range(ROWS - 1), None], full=[1.0, 2.0] * 15)
    nullable = {feature.name: feature.nullable for feature in from_table(frame).signature.features}
    assert nullable == {"useful": False, "text": True, "number": True, "full": False}


def test_dots_make_the_nesting_where_they_can() -> None:
    names = ["a.b.c", "a.b.d", "Dr. No.", "größe.в"]
    frame = pd.DataFrame({name: np.arange(ROWS) / 3 + place for place, name in enumerate(names)})
    paths = [feature.path for feature in from_table(frame).signature.features]
    assert paths == [("a", "b", "c"), ("a", "b", "d"), ("Dr. No.",), ("größe", "в")]


@pytest.mark.parametrize("names", [["a", "a.b"], ["a.b", "a"], ["a.b.c", "x", "a"], ["a", "a.b.c"]])
def test_names_of_a_group_whose_name_is_a_column_stay_whole_whatever_the_order(names: list[str]) -> None:
    frame = numbers(**{name: np.arange(ROWS) / 3 + place for place, name in enumerate(names)})
    made = from_table(frame)
    assert {feature.path for feature in made.signature.features} == {(name,) for name in (*names, "useful")}
    whole = [note.column for note in made.notes if note.sentence.startswith("it is no field of a group")]
    assert whole == [name for name in names if name.startswith("a.")]
    assert made.signature.tree().keys() == {*names, "useful"}


def test_other_names_of_the_group_are_nested() -> None:
    frame = numbers(**{name: np.arange(ROWS) / 3 + place for place, name in enumerate(["a.b", "a.b.c", "a.x"])})
    paths = {feature.path for feature in from_table(frame).signature.features}
    assert paths == {("a", "b"), ("a.b.c",), ("a", "x"), ("useful",)}


def test_a_null_in_the_place_of_a_group_is_no_value() -> None:
    """JSON Lines have that where an object is left out."""
    frame = numbers(**{"a": [None] * ROWS, "a.b": np.arange(ROWS) / 3})
    assert types(from_table(frame)) == {"useful": "number", "a.b": "number"}


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("uuid", [f"x{i}" for i in range(ROWS)], "identifier"),
        ("customerId", list(range(1000, 1000 + ROWS)), "identifier"),
        ("Unnamed: 0", list(range(ROWS)), "identifier"),
        ("unit", ["EUR"] * ROWS, "same value"),
        ("nothing", [None] * ROWS, "empty"),
        ("copy", list(np.arange(ROWS) / 7), "it is a copy of 'useful'"),
        (
            "ticket",
            [f"{chr(65 + i % 24)} {i % 24}" for i in range(ROWS)],
            "24 different texts of few",
        ),
        ("seen", [f"1/2/{1950 + i} 1:05 PM" for i in range(ROWS)], "it looks like dates; --date with their format"),
        ("born", [f"05. Mai {1950 + i}" for i in range(ROWS)], "it looks like dates; --date with their format"),
        ("version", [f"1.{i}.0-rc{i}" for i in range(ROWS)], "identifier"),
        ("names", [f"Smith, Mr. John {i}" for i in range(ROWS)], "identifier"),
        ("spoilt", ["oops", *(f"{i}.5" for i in range(ROWS - 1))], "numbers but for some"),
        ("code", [f"00{i}" for i in range(ROWS)], "identifier"),
        ("comma", [f"{i},5" for i in range(ROWS)], "decimal comma; write them with a point, to use it"),
        ("often", ["oops"] * 4 + [f"{i}.5" for i in range(ROWS - 4)], "numbers but for some"),
        ("lists", [[1, 2]] * ROWS, "holds list values"),
    ],
)
def test_what_no_model_should_learn_from_is_left_out_and_said(name: str, values: Any, reason: str) -> None:
    table = from_table(numbers(**{name: values}))
    assert types(table) == {"useful": "number"}
    assert reason in dropped(table)[name]


@pytest.mark.parametrize(
    ("name", "values"),
    [("paid", list(range(ROWS))), ("customer_id", [1, 2] * 15), ("flag", ["EUR"] * (ROWS - 1) + [None])],
)
def test_what_only_looks_useless_stays(name: str, values: Any) -> None:
    """A distinct whole number without an identifier's name, an identifier that repeats, a value that may be null."""
    assert name in types(from_table(numbers(**{name: values})))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["1,5", "2,5", "12"] * 10, "numbers have a decimal comma; write them with a point"),
        (["1", "2", "unknown"] * 10, "numbers but for some"),
        (["1/2/2024", "12/31/2024"] * 15, "looks like dates"),
    ],
)
def test_categories_that_were_perhaps_meant_otherwise_are_said(values: list[str], reason: str) -> None:
    table = from_table(numbers(it=values))
    assert types(table)["it"] == "category"
    (note,) = table.notes
    assert (note.kind, note.column) == ("warning", "it")
    assert reason in note.sentence


@pytest.mark.parametrize("values", [["007", "08"] * 15, ["18-25", "26-35", "36+"] * 10, ["1", "a", "b"] * 10])
def test_codes_and_bands_are_categories_without_a_word(values: list[str]) -> None:
    assert from_table(numbers(it=values)).notes == ()


@pytest.mark.parametrize("others", [{}, {"useful": np.arange(ROWS) / 7}], ids=["alone", "beside"])
def test_free_text_is_learned_from_and_said(others: dict[str, Any]) -> None:
    texts = [f"many different words, number {i}" for i in range(ROWS - 1)]
    table = from_table(pd.DataFrame({**others, "text": [*texts, None]}))
    assert types(table)["text"] == "string"
    assert table.signature.features[-1].nullable
    assert [(note.kind, note.column) for note in table.notes] == [("fact", "text")]
    assert table.notes[0].sentence == "is free text, of which the words are learned"


def test_what_is_known_of_the_cells_is_said_in_the_reason_and_in_the_unit() -> None:
    trouble = "looks like money in 97% of its cells, but row 7 is not"
    frame = numbers(price=[f"${i}" for i in range(ROWS)], band=["$1", "$2"] * 15, fee=np.arange(ROWS) / 3)
    known = Known({"fee": "$"}, {"price": trouble, "band": trouble, "fee": "nothing"})
    table = from_table(frame, known=known)
    assert dropped(table) == {"price": f"it {trouble}; mend those cells or leave them empty, to use it"}
    assert [str(note) for note in table.notes if note.kind == "warning"] == [
        f"band: is read as categories: it {trouble}."
    ]
    assert {feature.name: feature.unit for feature in table.signature.features} == {
        "useful": None,
        "band": None,
        "fee": "$",
    }


def test_numbers_that_no_double_holds_are_null_and_said() -> None:
    table = from_table(numbers(it=pd.Series([10**5000, float("inf"), *range(ROWS - 2)], dtype=object)))
    assert table.frame["it"].isna().sum() == 2
    assert "2 infinite or too large" in table.notes[0].sentence


@pytest.mark.parametrize("frame", [pd.DataFrame({"a": ["x"] * ROWS}), pd.DataFrame(index=range(ROWS))])
def test_nothing_to_learn_from_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(UnsupportedInput, match="No column is left"):
        from_table(frame)


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(UnsupportedInput, match="Two columns are named 'a'"):
        from_table(pd.DataFrame([[1, 2]], columns=["a", "a"]))


CELLS: dict[str, st.SearchStrategy[Any]] = {
    "float": st.floats(allow_nan=False),
    "int": st.integers(-(10**20), 10**20),
    "bool": st.booleans(),
    "text": st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    "date": st.dates(),
    "datetime": st.datetimes(timezones=st.sampled_from([datetime.UTC, datetime.timezone(datetime.timedelta(hours=2))])),
    "decimal": st.decimals(allow_nan=False, allow_infinity=False, places=3),
    "date as text": st.dates().map(str),
}


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Small tables with a column of any kind, nulls in some."""
    rows = draw(st.integers(1, 25))
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=4))
    columns = {}
    for place, kind in enumerate(kinds):
        cell = CELLS[kind] | st.none() if draw(st.booleans()) else CELLS[kind]
        values = draw(st.lists(cell, min_size=rows, max_size=rows))
        typed = draw(st.booleans()) and kind in ("float", "bool", "text") and None not in values
        columns[f"group{place % 2}.{kind} {place}"] = pd.Series(values) if typed else pd.Series(values, dtype=object)
    return pd.DataFrame(columns)


@given(tables())
@settings(deadline=None)
def test_the_signature_takes_every_row_of_its_table(frame: pd.DataFrame) -> None:
    """Whatever the table: a row sent as JSON is valid, and becomes the columns that training saw."""
    table = from_table(frame, drop=False)
    signature = Signature.model_validate_json(observe(table.signature, table.frame).model_dump_json())
    columns = from_frame(table.frame, signature)
    batch = Validator(signature).validate(json.dumps(to_instances(columns, signature)).encode())
    np.testing.assert_array_equal(batch.columns.matrix, columns.matrix)
    assert batch.columns.texts == columns.texts
    assert Novelty(signature).find(batch.columns) == {}
    kinds = {feature.type for feature in signature.features}
    assert kinds <= set(FeatureType)


def test_the_fields_of_a_group_stand_together() -> None:
    """As a class declares them, so that a recipe printed from the table has the same column order."""
    frame = pd.DataFrame({name: range(3) for name in ("a.x", "b", "a.z.p", "a.y", "a.z.q")})
    names = [feature.name for feature in from_table(frame).signature.features]
    assert names == ["a.x", "a.z.p", "a.z.q", "a.y", "b"]
    assert list(from_table(frame).frame.columns) == names
