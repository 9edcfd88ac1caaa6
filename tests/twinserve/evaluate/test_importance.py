"""Permutation importance."""

from __future__ import annotations

import numpy as np

from tests.twinserve.signature.made import feature, signature
from twinserve.evaluate.importance import REPEATS, importances
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
    return {one.feature: one.mean for one in ranked}


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
