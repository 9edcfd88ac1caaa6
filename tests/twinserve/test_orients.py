"""Whole tables as pandas writes them, told from rows."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from twinserve.orients import are_values, orient, orient_of_body

FRAME = pd.DataFrame({"age": [1, 2, 3], "mean.size": [0.5, None, 1.5], "other": ["x", "y", "z"]})
LEAVES, NAMES = {"age", "mean.size"}, {"age", "mean.size", "mean"}
ORIENTS = ["columns", "index", "split", "table"]


def written(frame: pd.DataFrame, how: Any) -> Any:
    return json.loads(frame.to_json(orient=how))


@pytest.mark.parametrize("how", ORIENTS)
def test_a_table_is_told_by_its_form_alone(how: str) -> None:
    assert orient(written(FRAME, how)) == how


@pytest.mark.parametrize("how", ORIENTS)
@pytest.mark.parametrize("rows", [FRAME, FRAME[2:], FRAME[["age"]], FRAME.set_axis([-5, 7, 12])], ids=len)
def test_names_of_fields_tell_a_table_of_one_row_column_or_other_labels(how: str, rows: pd.DataFrame) -> None:
    assert orient_of_body(written(rows, how), LEAVES, NAMES) == how


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"age": {"0": 1}, "mean": {"0": 2}},
        {"age": {"0": 1}, "other": 5},
        {"age": {"value": 1}, "other": {"value": 5}},
        {"age": {}, "other": {}},
        {"0": {"x": 1}},
        {"x": {"age": 1}},
        {"columns": ["age"], "data": [[1]], "age": 1},
        {"columns": ["age"], "data": 1},
    ],
)
def test_a_row_with_other_mistakes_is_no_table(body: Any) -> None:
    """So each of its mistakes is told; `mean` is a group, whose fields might have such names."""
    assert orient_of_body(body, LEAVES, NAMES) is None


def test_arrays_of_values_are_a_table() -> None:
    assert are_values(written(FRAME, "values"))
    others: list[list[Any]] = [[], [[]], [[1], 2], [[{}], [{}]], [{"age": 1}]]
    assert not any(map(are_values, others))
