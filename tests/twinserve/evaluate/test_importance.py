"""Permutation importance."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.twinserve.signature.made import feature, signature
from twinserve.arrays import FloatArray
from twinserve.evaluate.importance import MOST_FEATURES, REPEATS, importances
from twinserve.predict.predictor import Predictions
from twinserve.signature import Columns

CONTRACT = signature(feature("noise"), feature("all"), feature("word", "category", seen_categories=("a",)))
ROWS = 300
RNG = np.random.default_rng(0)
MATRIX = np.column_stack([RNG.normal(size=ROWS), RNG.normal(size=ROWS), np.full(ROWS, -1.0)])
COLUMNS = Columns(MATRIX, {(row, 2): f"word {row % 7}" for row in range(ROWS)})


class OneColumn:
    """Predicts a column as it is; counts the rows, and checks that texts move with their codes."""

    kind = "compiled"

    def __init__(self) -> None:
        self.asked: list[int] = []

    def predict(self, columns: Columns) -> Predictions:
        """The second column."""
        self.asked.append(len(columns))
        assert len(columns.unseen) == len(columns)
        return Predictions(values=columns.matrix[:, 1])


def importance_of(metric: str = "rmse", seed: int = 0) -> dict[str, float]:
    """The importance of each feature, the most important first."""
    ranked = importances(OneColumn(), COLUMNS, MATRIX[:, 1], CONTRACT, metric=metric, seed=seed)  # type: ignore[arg-type]  # A fake.
    return {one.feature: one.mean for one in ranked.features}


def test_a_feature_that_decides_matters_and_one_that_does_not_is_worth_nothing() -> None:
    assert next(iter(importance_of())) == "all"
    assert importance_of()["all"] > 1
    assert (importance_of()["noise"], importance_of()["word"]) == (0.0, 0.0)


def test_more_is_more_important_whatever_the_sign_of_the_metric() -> None:
    assert importance_of("rmse")["all"] > 0
    assert importance_of("r2")["all"] > 0


def test_the_seed_decides_the_shuffles() -> None:
    assert importance_of(seed=1) == importance_of(seed=1) != importance_of(seed=2)


def test_the_rows_themselves_stay_as_they_were() -> None:
    before = MATRIX.copy()
    importance_of()
    np.testing.assert_array_equal(COLUMNS.matrix, before)


def test_a_model_is_asked_once_and_then_for_each_shuffle() -> None:
    model = OneColumn()
    importances(model, COLUMNS, MATRIX[:, 1], CONTRACT, metric="rmse", seed=0)  # type: ignore[arg-type]  # A fake.
    assert model.asked == [ROWS] * (1 + 3 * REPEATS)


def test_rows_without_weight_say_nothing() -> None:
    """The model is right in the first half, where another column is the target, by no more than the noise."""
    first = np.arange(ROWS) < ROWS // 2
    target = np.where(first, MATRIX[:, 1], MATRIX[:, 0])

    def ranked(weights: FloatArray) -> float:
        model: Any = OneColumn()
        found = importances(model, COLUMNS, target, CONTRACT, metric="rmse", seed=0, weights=weights)
        return {one.feature: one.mean for one in found.features}["all"]

    assert ranked(first.astype(np.float64)) > 1
    assert abs(ranked((~first).astype(np.float64))) < 0.2


class Sum:
    """The sum of a few of many columns, each with another weight; counts the rows."""

    kind = "compiled"

    def __init__(self, weights: dict[int, float]) -> None:
        self.weights, self.asked = weights, 0

    def predict(self, columns: Columns) -> Predictions:
        """Values."""
        self.asked += len(columns)
        return Predictions(values=sum(columns.matrix[:, place] * weight for place, weight in self.weights.items()))  # type: ignore[arg-type]  # Never empty.


def test_of_many_features_those_that_matter_are_found_and_the_work_is_bounded() -> None:
    width = 50 * MOST_FEATURES
    wide = signature(*(feature(f"f{place}") for place in range(width)))
    matrix = np.random.default_rng(0).normal(size=(500, width))
    model = Sum({7: 3.0, 900: 2.0, width - 1: 1.0})
    y_true = np.asarray(model.predict(Columns(matrix)).values)
    model.asked = 0
    found = importances(model, Columns(matrix), y_true, wide, metric="rmse", seed=0)  # type: ignore[arg-type]  # A fake.
    assert [one.feature for one in found.features[:3]] == ["f7", "f900", f"f{width - 1}"]
    assert (len(found.features), found.of, found.screened_on) == (MOST_FEATURES, width, 60)
    assert f"Of {width} fields those {MOST_FEATURES} were measured" in found.sentence
    assert model.asked == 60 + width * 60 + 500 * (1 + MOST_FEATURES * REPEATS)
