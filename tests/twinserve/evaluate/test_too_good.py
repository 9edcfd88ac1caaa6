"""A figure that is too good is doubted, with the fewest fields that carry it; a good one that is earned is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.twinserve.signature.made import feature, signature
from twinserve.arrays import FloatArray
from twinserve.evaluate.too_good import too_good
from twinserve.signature import Columns
from twinserve.store.evaluation_facts import TooGood

ROWS = 400
RNG = np.random.default_rng(0)
NUMBERS = RNG.uniform(1, 9, size=(ROWS, 12))
GRADES = tuple("ABCDEFG")
GRADE = RNG.integers(len(GRADES), size=ROWS)


def doubted(y_true: FloatArray, classes: tuple[str, ...] | None = None, important: Any = (), **metrics: float) -> Any:
    """What is said of a model of twelve numbers and a grade."""
    names = [f"n{place}" for place in range(12)]
    contract = signature(*map(feature, names), feature("grade", "category", seen_categories=GRADES))
    matrix = np.column_stack([NUMBERS, GRADE])
    train, holdout = [(Columns(matrix[rows]), y_true[rows]) for rows in (slice(0, 280), slice(280, ROWS))]
    return too_good(train, holdout, contract, classes, metrics, important)


@pytest.mark.parametrize(
    "target",
    [NUMBERS[:, 0] + NUMBERS[:, 1], NUMBERS[:, 0] * NUMBERS[:, 1], NUMBERS[:, 1] / NUMBERS[:, 0]],
    ids=["sum", "product", "quotient"],
)
def test_two_columns_that_give_the_target_are_named_together(target: FloatArray) -> None:
    found = doubted(target, r2=1.0)
    assert set(found.features) == {"n0", "n1"}
    assert found.sentence == "`n0` and `n1` together give r2 1.0000: are both known before the prediction?"


def test_three_columns_are_named_together() -> None:
    found = doubted(NUMBERS[:, 2] - NUMBERS[:, 5] + NUMBERS[:, 9], r2=0.998)
    assert set(found.features) == {"n2", "n5", "n9"}
    assert found.sentence.endswith("together give r2 1.0000: are they all known before the prediction?")


def test_a_grade_that_is_the_answer_is_named_alone() -> None:
    """The rate follows from the grade, in no order of its letters and with a little noise."""
    rates = np.array([7.0, 21.0, 3.0, 15.0, 11.0, 29.0, 18.0])[GRADE] + RNG.normal(0, 0.1, ROWS)
    found = doubted(rates, important=["grade", "n3"], r2=0.9993)
    assert found.features == ("grade",)
    assert found.sentence.startswith("`grade` alone gives r2 0.999")
    assert found.sentence.endswith(": is it known before the prediction?")


def test_two_columns_that_give_the_class_are_named_together() -> None:
    late = (NUMBERS[:, 4] + NUMBERS[:, 7] > 10).astype(float)
    found = doubted(late, ("no", "yes"), important=["n7", "n4"], roc_auc=1.0, balanced_accuracy=0.99)
    assert set(found.features) == {"n4", "n7"}


def test_one_of_two_leaks_that_share_their_importance_is_found_by_its_correlation() -> None:
    """Shuffling one of two copies hurts nobody."""
    found = doubted(NUMBERS[:, 11] + RNG.normal(0, 0.01, ROWS), important=["n0", "n1", "n2"], r2=0.9999)
    assert found.features == ("n11",)


def test_a_figure_that_many_columns_earn_together_is_doubted_by_the_most_important() -> None:
    found = doubted(NUMBERS.sum(axis=1), important=["n3", "n1", "n2", "n0"], r2=1.0)
    assert found == TooGood(metric="r2", figure=1.0, features=("n3", "n1", "n2"), alone=False)
    assert found.sentence == (
        "r2 1.0000 is nearly perfect; `n3`, `n1` and `n2` matter most: are they all known before the prediction?"
    )


@pytest.mark.parametrize("r2", [0.5, 0.94, 0.97, 0.99])
def test_a_good_figure_is_not_doubted(r2: float) -> None:
    noise = np.sqrt((1 - r2) / r2 * NUMBERS[:, :6].sum(axis=1).var())
    assert doubted(NUMBERS[:, :6].sum(axis=1) + RNG.normal(0, noise, ROWS), important=["n0"], r2=r2) is None


def test_a_good_classifier_is_not_doubted() -> None:
    late = (NUMBERS[:, 4] + RNG.normal(0, 1, ROWS) > 5).astype(float)
    assert doubted(late, ("no", "yes"), important=["n4"], roc_auc=0.96, balanced_accuracy=0.9) is None


def test_nulls_and_numbers_that_no_float_holds_do_no_harm() -> None:
    matrix = np.column_stack([NUMBERS[:, 0], np.where(RNG.random(ROWS) < 0.3, np.nan, 1e300), np.full(ROWS, np.nan)])
    contract = signature(feature("x"), feature("huge", nullable=True), feature("none", nullable=True))
    train, holdout = [(Columns(matrix[rows]), NUMBERS[rows, 0]) for rows in (slice(0, 280), slice(280, ROWS))]
    found = too_good(train, holdout, contract, None, {"r2": 1.0}, [])
    assert found is not None
    assert found.features == ("x",)
