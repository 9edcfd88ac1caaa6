"""The task of a target, and its values in the form that a recipe holds."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from twinserve.recipes.target import BadTarget, guess_task, labels, values
from twinserve.signature.sources.type_inference import plain_text


@pytest.mark.parametrize(
    ("column", "task"),
    [
        (["a", "b"], "classification"),
        ([True, False], "classification"),
        (["true", "false"], "classification"),
        (list(range(10)), "classification"),
        ([0.0, 1.0], "classification"),
        (list(range(11)), "regression"),
        ([0.5, 1.0], "regression"),
    ],
    ids=str,
)
def test_texts_booleans_and_few_whole_numbers_are_classes(column: list[Any], task: str) -> None:
    assert guess_task(pd.Series(column, name="y")) == task


def test_dates_are_no_target() -> None:
    with pytest.raises(BadTarget, match=r"^The target 'y' holds dates; predict a number, such as days, or a category"):
        guess_task(pd.Series(["2024-01-01", "2024-01-02"], name="y"))


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ([[1], [2]], "holds list values; a target is a text, a boolean or a number"),
        ([b"a", b"b"], "holds bytes values"),
        (pd.to_timedelta([1, 2], unit="h"), "holds durations; predict a number of a unit of your choice"),
    ],
    ids=str,
)
@pytest.mark.parametrize("reader", [guess_task, labels, values])
def test_what_is_neither_text_nor_boolean_nor_number_is_no_target(reader: Any, column: Any, reason: str) -> None:
    with pytest.raises(BadTarget, match=rf"^The target 'y' {reason}"):
        reader(pd.Series(column, name="y"))


def test_dates_are_no_values() -> None:
    """They would be numbers of whatever unit their type has."""
    with pytest.raises(BadTarget, match=r"^The target 'y' holds dates"):
        values(pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02"]), name="y"))


@pytest.mark.parametrize("column", [["True", "False"] * 2, ["TRUE", "FALSE"] * 2, [True, False] * 2], ids=str)
def test_a_boolean_has_one_name_however_it_was_written(column: list[Any]) -> None:
    assert labels(pd.Series(column, name="y")).tolist() == ["true", "false"] * 2


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (1.0, "1"), (1, "1"), (1.5, "1.5"), ("1.0", "1.0")])
def test_labels_are_said_as_people_write_them(value: Any, text: str) -> None:
    assert plain_text(value) == text


@pytest.mark.parametrize(
    ("column", "reason"), [(["a"] * 9, "one class only"), (list("abcdefgh"), "8 classes in 8 rows")]
)
def test_one_class_or_nearly_as_many_as_rows_are_refused(column: list[str], reason: str) -> None:
    with pytest.raises(BadTarget, match=reason):
        labels(pd.Series(column, name="y"))


@pytest.mark.parametrize(
    ("column", "reason"),
    [(["a", 1], "not a number in every row"), ([1.0, float("inf")], "infinite"), ([2.0, 2.0], "the same value")],
)
def test_what_is_no_number_to_predict_is_refused(column: list[Any], reason: str) -> None:
    with pytest.raises(BadTarget, match=reason):
        values(pd.Series(column, name="y"))
