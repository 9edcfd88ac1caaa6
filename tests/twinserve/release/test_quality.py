"""What will serve is evaluated on the hold-out; a predictor that leaves a row of it unanswered is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pytest

from harness import fruit
from twinserve.errors import CannotTrain
from twinserve.metric import Metric, names
from twinserve.predict.fallback import SklearnPredictor
from twinserve.predict.predictor import Predictions, PredictorKind
from twinserve.release.quality import evaluate_on_holdout
from twinserve.signature import Columns
from twinserve.training.data import Rows


class Silent:
    """Answers NaN to the first row of whatever it is asked, and 0.5 to the others."""

    kind: Final[PredictorKind] = "compiled"

    def predict(self, columns: Columns) -> Predictions:
        """Two classes."""
        probabilities = np.full((len(columns), 2), 0.5)
        probabilities[0] = np.nan
        return Predictions(np.zeros(len(columns), dtype=np.int64), probabilities)


def test_every_metric_has_an_interval_and_a_baseline() -> None:
    data, fitted = fruit.fitted(fruit.FRUIT)
    quality = evaluate_on_holdout(
        SklearnPredictor(fitted.pipeline, data.signature, data.target), data, fitted.baseline, 0, "log_loss"
    )
    assert list(quality.metrics) == list(quality.intervals) == list(quality.baseline) == names("classification")
    assert all(low <= quality.metrics[name] <= high for name, (low, high) in quality.intervals.items())


def test_without_a_baseline_there_are_no_figures_of_it() -> None:
    data, fitted = fruit.fitted(fruit.PRICE)
    quality = evaluate_on_holdout(SklearnPredictor(fitted.pipeline, data.signature, data.target), data, None, 0, "rmse")
    assert (list(quality.metrics), dict(quality.baseline)) == (names("regression"), {})


class Huge:
    """Answers with a number whose square no double holds."""

    kind: Final[PredictorKind] = "compiled"

    def predict(self, columns: Columns) -> Predictions:
        """The same for every row."""
        return Predictions(values=np.full(len(columns), 1e200))


def test_a_metric_that_overflows_is_refused_by_its_name() -> None:
    """No JSON holds it, so the version would be taken for a damaged one."""
    data, _ = fruit.fitted(fruit.PRICE)
    with pytest.raises(CannotTrain, match=r"^\w+ overflows on the hold-out, as its values are too large; "):
        evaluate_on_holdout(Huge(), data, None, 0, "rmse")


def test_a_single_held_out_value_is_refused_as_too_few() -> None:
    """R² is not defined on it, whatever the unit of the values is."""
    data, fitted = fruit.fitted(fruit.PRICE)
    one = replace(data, holdout=Rows(data.holdout.columns.take([0]), data.holdout.y_true[:1]))
    with pytest.raises(CannotTrain, match=r"^A single row fell on the hold-out side, .*; give more rows\.$"):
        evaluate_on_holdout(SklearnPredictor(fitted.pipeline, data.signature, data.target), one, None, 0, "rmse")


def test_a_row_without_an_answer_is_refused_with_the_count() -> None:
    data, fitted = fruit.fitted(fruit.FRUIT)
    rows = len(data.holdout)
    with pytest.raises(CannotTrain, match=rf"^The model has no prediction for [1-9][0-9]* of {rows} held-out rows: "):
        evaluate_on_holdout(Silent(), data, fitted.baseline, 0, "log_loss")


def test_quality_has_the_importances_in_the_metric_that_decides() -> None:
    data, fitted = fruit.fitted(fruit.PRICE)
    quality = evaluate_on_holdout(SklearnPredictor(fitted.pipeline, data.signature, data.target), data, None, 0, "mae")
    assert quality.importances is not None
    assert [one.feature for one in quality.importances.features] == ["skin.colour", "weight", "skin.spots"]


def test_two_columns_that_add_up_to_the_target_are_doubted() -> None:
    data, fitted = fruit.fitted(fruit.PRICE)
    quality = evaluate_on_holdout(SklearnPredictor(fitted.pipeline, data.signature, data.target), data, None, 0, "rmse")
    assert quality.too_good is not None
    assert set(quality.too_good.features) == {"weight", "skin.colour"}


def test_a_metric_of_ones_own_is_computed_like_the_others() -> None:
    data, fitted = fruit.fitted(fruit.PRICE)
    worst = Metric("worst", "regression", greater_is_better=False, function=lambda y, p: abs(y - p.values).max())
    quality = evaluate_on_holdout(SklearnPredictor(fitted.pipeline, data.signature, data.target), data, None, 0, worst)
    low, high = quality.intervals["worst"]
    assert low <= quality.metrics["worst"] <= high
