"""A metric of counted rows is the metric of the drawn rows themselves."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from twinserve.arrays import FloatArray
from twinserve.evaluate import metrics
from twinserve.evaluate.bootstrap import draws, intervals, lower_bound
from twinserve.metric import METRICS
from twinserve.predict.predictor import Predictions

ROWS = 60


def classified(classes: int, *, coarse: bool) -> tuple[FloatArray, Predictions]:
    """Random true classes and probabilities; coarse ones have ties."""
    rng = np.random.default_rng(classes)
    y_true = rng.integers(classes, size=ROWS).astype(np.float64)
    probabilities = rng.dirichlet(np.ones(classes), size=ROWS)
    if coarse:
        probabilities = np.round(probabilities * 4) + 0.5
        probabilities /= probabilities.sum(axis=1, keepdims=True)
    return y_true, Predictions(probabilities.argmax(axis=1), probabilities)


def taken(predictions: Predictions, rows: NDArray[np.int64]) -> Predictions:
    """The predictions of these rows, as often as they are named."""
    if predictions.values is not None:
        return Predictions(values=predictions.values[rows])
    assert predictions.labels is not None
    assert predictions.probabilities is not None
    return Predictions(predictions.labels[rows], predictions.probabilities[rows])


def check(y_true: FloatArray, predictions: Predictions) -> None:
    """Every metric, for twenty draws, against scikit-learn's on the rows repeated as often as drawn."""
    (counts,) = draws([np.arange(ROWS)], seed=1, times=20)
    for name in metrics.evaluate(y_true, predictions):
        scores = metrics.SCORES[name].weighted(y_true, predictions, counts)
        for count, value in zip(counts, scores, strict=True):
            rows = np.repeat(np.arange(ROWS), count.astype(int))
            drawn = taken(predictions, rows)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # A class that was not drawn.
                assert metrics.score(name, y_true[rows], drawn) == pytest.approx(value, rel=1e-12), name


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("coarse", [False, True])
def test_counting_rows_equals_repeating_them_for_classes(classes: int, *, coarse: bool) -> None:
    check(*classified(classes, coarse=coarse))


def test_counting_rows_equals_repeating_them_for_values() -> None:
    rng = np.random.default_rng(0)
    y_true = rng.normal(1e6, 1.0, size=ROWS)
    check(y_true, Predictions(values=y_true + rng.normal(size=ROWS)))


def test_a_seed_gives_the_same_intervals_around_the_metric() -> None:
    y_true, predictions = classified(2, coarse=False)
    bounds = intervals(y_true, predictions, seed=7)
    assert bounds == intervals(y_true, predictions, seed=7)
    for name, value in metrics.evaluate(y_true, predictions).items():
        low, high = bounds[name]
        assert low < value < high


def test_many_rows_are_drawn_in_parts() -> None:
    """The counts of a large hold-out never are in memory together."""
    parts = list(draws([np.arange(100_000)], seed=0, times=100))
    assert [len(part) for part in parts] == [40, 40, 20]
    assert all((part.sum(axis=1) == 100_000).all() for part in parts)


def test_a_draw_holds_as_many_rows_of_each_stratum_as_there_are() -> None:
    (counts,) = draws([np.array([0, 2]), np.array([1, 3, 4])], seed=0, times=50)
    assert (counts[:, [0, 2]].sum(axis=1) == 2).all()
    assert (counts[:, [1, 3, 4]].sum(axis=1) == 3).all()
    assert len(np.unique(counts, axis=0)) > 1


@pytest.mark.parametrize("name", ["accuracy", "log_loss"])
def test_a_lower_bound_is_of_the_advantage_whatever_the_sign_of_the_metric(name: str) -> None:
    y_true, poor = classified(2, coarse=False)
    right = np.eye(2)[y_true.astype(int)] * 0.8 + 0.1
    good = Predictions(right.argmax(axis=1), right)
    advantage = METRICS[name].sign * (metrics.score(name, y_true, good) - metrics.score(name, y_true, poor))
    assert 0 < lower_bound(name, y_true, good, poor, seed=0) < advantage
    assert lower_bound(name, y_true, poor, good, seed=0) < -advantage
    assert lower_bound(name, y_true, good, good, seed=0) == 0.0
