"""Metrics agree with their definitions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from harness import fruit
from tests.twinserve.signature.made import feature, signature
from twinserve.arrays import FloatArray
from twinserve.evaluate.metrics import SCORES, evaluate, score, scores_of
from twinserve.evaluate.own import OwnMetricFails
from twinserve.metric import METRICS, Metric
from twinserve.predict.predictor import Predictions
from twinserve.signature import Columns
from twinserve.signature.sources.from_pydantic import from_pydantic
from twinserve.training.holdout import fingerprint

FRUIT = from_pydantic(fruit.Fruit)
NUMBERS = signature(feature("x"), feature("n", nullable=True))


def test_a_fingerprint_is_of_content_and_order() -> None:
    columns = Columns(np.array([[1.0, np.nan], [2.0, 3.0]]))
    prints = {
        fingerprint(columns, NUMBERS, [0.0, 1.0]),
        fingerprint(columns, NUMBERS, [1.0, 0.0]),
        fingerprint(columns.take([1, 0]), NUMBERS, [0.0, 1.0]),
        fingerprint(columns.take([0]), NUMBERS, [0.0]),
        fingerprint(Columns(np.array([[1.0, np.nan], [2.0, 3.0 + 1e-15]])), NUMBERS, [0.0, 1.0]),
    }
    assert len(prints) == 5
    assert fingerprint(Columns(columns.matrix.copy()), NUMBERS, [0.0, 1.0]) in prints


# True 0 0 1 1; predicted 0 1 1 1 with these probabilities of 1. By hand: three of four right; of class 0 one of two, of
# class 1 both; F1 of class 0 is 2/3 (precision 1, recall 1/2), of class 1 4/5 (precision 2/3, recall 1).
Y_TRUE = np.array([0.0, 0.0, 1.0, 1.0])
YES = np.array([0.2, 0.6, 0.7, 0.9])
PREDICTED = Predictions(np.array([0, 1, 1, 1]), np.stack([1 - YES, YES], axis=1))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", 3 / 4),
        ("balanced_accuracy", (1 / 2 + 1) / 2),
        ("f1_macro", (2 / 3 + 4 / 5) / 2),
        ("log_loss", -(math.log(0.8) + math.log(0.4) + math.log(0.7) + math.log(0.9)) / 4),
        ("roc_auc", 1.0),
        ("average_precision", 1.0),
        ("brier", 2 * (0.2**2 + 0.6**2 + 0.3**2 + 0.1**2) / 4),
    ],
)
def test_metrics_of_two_classes_by_hand(name: str, expected: float) -> None:
    assert evaluate(Y_TRUE, PREDICTED)[name] == pytest.approx(expected, abs=1e-12)


def test_a_pair_in_the_wrong_order_costs_its_share_of_the_area() -> None:
    """One of four pairs of a 0 and a 1 is ranked wrongly: the area is 3/4."""
    yes = np.array([0.2, 0.8, 0.7, 0.9])
    predicted = Predictions(np.array([0, 1, 1, 1]), np.stack([1 - yes, yes], axis=1))
    assert evaluate(Y_TRUE, predicted)["roc_auc"] == pytest.approx(3 / 4)


def test_metrics_of_three_classes_by_hand() -> None:
    probabilities = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.5, 0.1, 0.4]])
    metrics = evaluate(np.array([0.0, 1.0, 2.0]), Predictions(np.array([0, 1, 0]), probabilities))
    assert metrics["accuracy"] == pytest.approx(2 / 3)
    assert metrics["log_loss"] == pytest.approx(-(math.log(0.6) + math.log(0.5) + math.log(0.4)) / 3)
    assert metrics["brier"] == pytest.approx(((0.16 + 0.09 + 0.01) + (0.04 + 0.25 + 0.09) + (0.25 + 0.01 + 0.36)) / 3)
    assert metrics["roc_auc"] == pytest.approx(1.0)


def test_metrics_of_values_by_hand() -> None:
    metrics = evaluate(np.array([1.0, 2.0, 3.0]), Predictions(values=np.array([1.0, 2.0, 5.0])))
    assert metrics == pytest.approx(
        {"r2": 1 - 4 / 2, "rmse": math.sqrt(4 / 3), "mae": 2 / 3, "mape": (2 / 3) / 3, "pinball": 1 / 3}
    )


def test_average_precision_is_the_mean_precision_where_a_positive_row_is_found() -> None:
    """Ranked 1 0 1 0: the first is found with precision 1, the second with 2/3."""
    yes = np.array([0.2, 0.8, 0.7, 0.9])
    predicted = Predictions(np.array([0, 1, 1, 1]), np.stack([1 - yes, yes], axis=1))
    assert evaluate(Y_TRUE, predicted)["average_precision"] == pytest.approx((1 + 2 / 3) / 2)


def test_relative_errors_are_told_where_no_value_is_zero_or_where_they_decide() -> None:
    y_true, predictions = np.array([0.0, 2.0]), Predictions(values=np.array([1.0, 1.0]))
    assert "mape" not in evaluate(y_true, predictions)
    assert list(evaluate(y_true, predictions, "mape"))[-1] == "mape"


def test_a_quantile_that_is_too_low_costs_more_than_one_that_is_too_high() -> None:
    y_true = np.array([10.0, 10.0])
    low, high = (score("pinball_0.9", y_true, Predictions(values=np.full(2, value))) for value in (9.0, 11.0))
    assert (low, high) == pytest.approx((0.9, 0.1))
    assert evaluate(y_true, Predictions(values=y_true), "pinball_0.9")["pinball_0.9"] == 0.0


def cost(y_true: FloatArray, predictions: Any) -> float:
    """A class 1 that is missed costs five."""
    missed, alarms = (y_true > predictions.labels).sum(), (y_true < predictions.labels).sum()
    return float(5 * missed + alarms) / len(y_true)


def test_a_metric_of_ones_own_is_one_of_the_metrics() -> None:
    own = Metric("cost", "classification", greater_is_better=False, function=cost)
    assert evaluate(Y_TRUE, PREDICTED, own)["cost"] == 1 / 4
    counts = np.array([[1.0, 1.0, 1.0, 1.0], [0.0, 4.0, 0.0, 0.0]])
    assert scores_of(own).weighted(Y_TRUE, PREDICTED, counts).tolist() == [1 / 4, 1.0]


def test_a_metric_of_ones_own_that_raises_is_told_by_its_name() -> None:
    def fails(_true: object, _predictions: object) -> float:
        raise KeyError("no such column")

    own = Metric("odd", "classification", greater_is_better=True, function=fails)
    with pytest.raises(OwnMetricFails, match=r"^The metric odd fails: 'no such column'\.$"):
        score(own, Y_TRUE, PREDICTED)
    assert np.isnan(scores_of(own).weighted(Y_TRUE, PREDICTED, np.ones((1, 4)))).all()


def test_labels_without_probabilities_are_judged_as_labels() -> None:
    assert set(evaluate(Y_TRUE, Predictions(PREDICTED.labels))) == {"accuracy", "balanced_accuracy", "f1_macro"}


@pytest.mark.parametrize("name", ["log_loss", "roc_auc", "average_precision", "brier"])
def test_a_metric_of_probabilities_needs_them(name: str) -> None:
    with pytest.raises(TypeError, match="needs probabilities"):
        score(name, Y_TRUE, Predictions(PREDICTED.labels))


ONE = ("classification", "regression")
"""The tasks of one label or one value; `test_several.py` and `test_outliers.py` have the others."""


def test_every_metric_has_its_row() -> None:
    """What the table names is computed, and nothing else, in the same order."""
    assert list(SCORES) == list(METRICS)


@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if metric.task in ONE])
def test_a_perfect_prediction_is_never_worse(name: str) -> None:
    """The direction of each metric is right."""
    perfect = Predictions(Y_TRUE.astype(int), np.eye(2)[Y_TRUE.astype(int)], Y_TRUE)
    worse = Predictions(1 - Y_TRUE.astype(int), np.array([[0.4, 0.6]] * 2 + [[0.6, 0.4]] * 2), 1 - Y_TRUE)
    better, other = score(name, Y_TRUE, perfect), score(name, Y_TRUE, worse)
    assert METRICS[name].better(better, other)
    assert not METRICS[name].better(other, better)
    assert METRICS[name].sign * better > METRICS[name].sign * other
