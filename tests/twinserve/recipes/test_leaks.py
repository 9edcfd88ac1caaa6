"""A column that repeats the target is found; one that merely predicts it well is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from twinserve.metric import Task
from twinserve.recipes.leaks import find_leaks, separating
from twinserve.signature.sources.from_table import from_table

ROWS = 60
RNG = np.random.default_rng(0)
LABELS = np.where(np.arange(ROWS) % 3 == 0, "yes", "no")
VALUES = RNG.normal(100, 10, ROWS)


def leaks(values: Any, target: Any, task: Task) -> str:
    """The sentence about a column; empty if there is none."""
    table = from_table(pd.DataFrame({"it": values, "other": RNG.normal(size=ROWS)}), drop=False)
    return find_leaks(table.frame, table.signature, pd.Series(target), task).get("it", "")


@pytest.mark.parametrize(
    "values",
    [
        LABELS,
        np.where(LABELS == "yes", 7, 3),
        pd.Series("z", index=range(ROWS)).where(LABELS == "yes"),
        pd.Series(LABELS == "no"),
    ],
)
def test_one_value_for_each_class_is_a_leak(values: Any) -> None:
    assert "exactly one class" in leaks(values, LABELS, "classification") or "null" in leaks(
        values, LABELS, "classification"
    )


def test_null_exactly_in_one_class_is_a_leak() -> None:
    """A date of default, known only of those who defaulted."""
    values = pd.Series(RNG.normal(size=ROWS)).where(LABELS == "yes")
    assert "null exactly" in leaks(values, LABELS, "classification")


@pytest.mark.parametrize("values", [VALUES, VALUES * 1.1, 3 - VALUES, np.exp(VALUES / 20)])
def test_the_target_on_another_scale_is_a_leak(values: Any) -> None:
    assert leaks(values, VALUES, "regression")


@pytest.mark.parametrize(
    ("values", "target", "task"),
    [
        (np.where(np.arange(ROWS) == 5, "yes", LABELS), LABELS, "classification"),
        (np.where(LABELS == "yes", RNG.integers(2, size=ROWS), 2), LABELS, "classification"),
        (VALUES + RNG.normal(0, 0.1, ROWS), VALUES, "regression"),
        (LABELS, VALUES, "regression"),
    ],
)
def test_a_good_feature_is_no_leak(values: Any, target: Any, task: Task) -> None:
    assert not leaks(values, target, task)


def test_a_number_that_separates_two_classes_is_told() -> None:
    frame = from_table(pd.DataFrame({"sum": np.where(LABELS == "yes", 100, 0) + RNG.normal(size=ROWS), "x": VALUES}))
    assert separating(frame.frame, frame.signature, pd.Series(LABELS)) == ["sum"]
