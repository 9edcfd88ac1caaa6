"""A table in, a table out: each row is answered as the instance that it stands for."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness import fruit
from tests.twinserve.signature.made import feature, signature
from twinserve import InvalidInput, Model, open_model
from twinserve.errors import AskedWrongly
from twinserve.inprocess.frames import cells, instances

UTC = "2024-02-29T12:30:00+00:00"


@pytest.fixture(scope="module")
def pear(pristine_fruit: Path) -> Model:
    """Fruit: a number, a category and a number that may be null."""
    return open_model(pristine_fruit.parents[1], version=1)


def orchard(rows: int = 50) -> pd.DataFrame:
    """Rows of the training table, with an index of their own."""
    return fruit.table(rows).features.set_axis([f"row {row}" for row in range(rows)])


def test_each_row_has_the_answer_to_its_instance(pear: Model) -> None:
    """With the table's index; NaN is null, and the columns may stand in any order."""
    frame = orchard()[["skin.spots", "weight", "skin.colour"]]
    answer = pear.predict(frame)
    assert answer.index.equals(frame.index)
    assert list(answer.columns) == ["label", "probabilities.apple", "probabilities.pear", "warnings"]
    for index, row in frame.iterrows():
        spots = None if pd.isna(row["skin.spots"]) else row["skin.spots"]
        alone = pear.predict({"weight": row["weight"], "skin": {"colour": row["skin.colour"], "spots": spots}})
        got = answer.loc[str(index)]
        assert (got["label"], got["warnings"]) == (alone["label"], alone["warnings"])
        assert {label: got[f"probabilities.{label}"] for label in ("apple", "pear")} == alone["probabilities"]


def test_a_regression_has_values_and_a_row_its_own_warnings(tmp_path: Path) -> None:
    """The pointer of a warning begins at the row."""
    fruit.registered(fruit.PRICE, tmp_path)
    answer = open_model(tmp_path, version=1).predict(orchard(3).assign(weight=[100.0, 1e4, 150.0]))
    assert list(answer.columns) == ["value", "warnings"]
    assert [[warning["pointer"] for warning in warnings] for warnings in answer["warnings"]] == [[], ["/weight"], []]


def test_columns_are_checked_before_rows(pear: Model) -> None:
    """A missing column is one finding and no row's; so is one that the model does not know."""
    frame = orchard().drop(columns="weight").assign(other=1)
    with pytest.raises(InvalidInput) as caught:
        pear.predict(frame)
    assert [(error["pointer"], error["code"]) for error in caught.value.errors] == [
        ("/weight", "missing"),
        ("/other", "unknown"),
    ]
    optional = pear.predict(orchard().drop(columns="skin.spots"))
    assert optional.equals(pear.predict(orchard().assign(**{"skin.spots": np.nan})))


def test_a_wrong_cell_is_named_by_the_number_of_its_row(pristine_fruit: Path) -> None:
    """However many rows are asked for at a time."""
    frame = orchard().astype({"weight": object})
    frame.iloc[7, 0], frame.iloc[30, 0], frame.iloc[31, 0] = "heavy", np.nan, -1.0
    expected = [("/7/weight", "type"), ("/30/weight", "null"), ("/31/weight", "bound")]
    for chunk in (10_000, 10, 1):
        with pytest.raises(InvalidInput) as caught:
            open_model(pristine_fruit.parents[1], version=1, max_batch=chunk).predict(frame)
        assert [(error["pointer"], error["code"]) for error in caught.value.errors] == expected
        assert (caught.value.total, caught.value.is_exact) == (3, True)


def test_findings_are_counted_beyond_the_first_hundred(pristine_fruit: Path) -> None:
    """As far as the rows that were looked at go."""
    frame = orchard(500).assign(weight=-1.0)
    with pytest.raises(InvalidInput) as caught:
        open_model(pristine_fruit.parents[1], version=1, max_batch=60).predict(frame)
    assert (len(caught.value.findings), caught.value.total, caught.value.is_exact) == (100, 120, False)


def test_a_table_may_be_longer_than_a_list(pristine_fruit: Path) -> None:
    whole = open_model(pristine_fruit.parents[1], version=1).predict(orchard())
    assert open_model(pristine_fruit.parents[1], version=1, max_batch=7).predict(orchard()).equals(whole)


def test_a_table_without_rows_is_refused_as_an_empty_list_is(pear: Model) -> None:
    with pytest.raises(InvalidInput) as caught:
        pear.predict(orchard().iloc[:0])
    assert [error["code"] for error in caught.value.errors] == ["length"]


def test_two_columns_of_one_name_are_refused(pear: Model) -> None:
    frame = orchard()
    with pytest.raises(AskedWrongly, match="Two columns are named 'weight'"):
        pear.predict(pd.concat([frame, frame[["weight"]]], axis="columns"))


@pytest.mark.parametrize(
    ("kind", "column", "expected"),
    [
        ("number", pd.Series([1.5, np.nan]), [1.5, None]),
        ("number", pd.Series([np.float32(0.1), None], dtype="float32"), [float(np.float32(0.1)), None]),
        ("number", pd.Series([pd.Timedelta(hours=1)]), [3600.0]),
        ("integer", pd.Series([1, None], dtype="Int64"), [1, None]),
        ("integer", pd.Series([np.int64(1), "x"], dtype=object), [1, "x"]),
        ("boolean", pd.Series([True, None], dtype="boolean"), [True, None]),
        ("boolean", pd.Series(["TRUE", "false", "no"]), [True, False, "no"]),
        ("category", pd.Series([1, 2], dtype="category"), ["1", "2"]),
        ("category", pd.Series(["a", None]), ["a", None]),
        ("category", pd.Series([1.5]), [1.5]),
        ("date", pd.Series(pd.to_datetime(["2024-02-29", "NaT"])), ["2024-02-29", None]),
        ("date", pd.Series([datetime.date(2024, 2, 29), "2024-02-29"], dtype=object), ["2024-02-29"] * 2),
        ("date", pd.Series(pd.PeriodIndex(["2024-02"], freq="M")), ["2024-02-01"]),
        ("date", pd.Series(pd.to_datetime(["2024-02-29T12:30"])), [UTC]),
        ("datetime", pd.Series(pd.to_datetime(["2024-02-29T13:30+01:00"])), [UTC]),
        ("datetime", pd.Series(["2024-02-29 12:30", "soon"]), [UTC, "soon"]),
        ("datetime", pd.Series([datetime.datetime(2024, 2, 29, 12, 30)], dtype=object), [UTC[:-6]]),
    ],
)
def test_cells_are_read_as_training_reads_them(kind: str, column: pd.Series[Any], expected: list[Any]) -> None:
    """What training would not take comes through, for the findings."""
    assert cells(column, feature("x", kind)) == expected


def test_places_of_a_list_and_groups_without_columns() -> None:
    """Dotted names make the nesting, a number is a place."""
    contract = signature(feature("at.0"), feature("at.1"), feature("more.x", nullable=True, required=False))
    frame = pd.DataFrame({"at.1": [2.0], "at.0": [1.0]})
    assert instances(frame, contract) == [{"at": [1.0, 2.0], "more": {}}]


@pytest.mark.parametrize(
    ("kind", "value"),
    [("category", b"secret"), ("string", ("secret",)), ("date", datetime.time(1)), ("datetime", datetime.time(1))],
)
def test_a_cell_that_training_reads_in_no_column_is_left_to_the_rules(kind: Any, value: Any) -> None:
    """It stays what it is, and JSON cannot hold it, or the type differs."""
    assert cells(pd.Series([value], dtype=object), feature("x", kind)) == [value]
