"""The metrics of several targets and of anomaly detectors: scikit-learn's own, averaged; and of counted rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from twinserve.evaluate.bootstrap import intervals, lower_bound
from twinserve.evaluate.metrics import evaluate, scores_of
from twinserve.metric import METRICS
from twinserve.predict.answers import picked
from twinserve.predict.predictor import Predictions

RNG = np.random.default_rng(0)
ROWS = 300
VALUES, GUESSED = RNG.normal(size=(ROWS, 2)) * [1, 50], RNG.normal(size=(ROWS, 2)) * [1, 50]
LIKELY = np.concatenate([RNG.dirichlet([1, 1], ROWS), RNG.dirichlet([1, 1, 1], ROWS)], axis=1)
LABELS = np.stack([LIKELY[:, :2].argmax(axis=1), 2 + LIKELY[:, 2:].argmax(axis=1)], axis=1)
TRUE = np.stack([RNG.integers(0, 2, ROWS), RNG.integers(2, 5, ROWS)], axis=1).astype(np.float64)
OUTLIERS, SCORES = (RNG.random(ROWS) < 0.2).astype(np.float64), RNG.normal(size=ROWS)
CALLED = (SCORES < -0.5).astype(np.int64)

Y_TRUE = {"values": VALUES, "labels": TRUE, "anomaly": OUTLIERS}
PREDICTIONS = {
    "values": Predictions(values=GUESSED),
    "labels": Predictions(LABELS, LIKELY),
    "anomaly": Predictions(CALLED, values=SCORES),
}
PERFECT = {
    "values": Predictions(values=VALUES),
    "labels": Predictions(TRUE.astype(int), (TRUE[:, :, None] == np.arange(5)).any(axis=1).astype(np.float64)),
    "anomaly": Predictions(OUTLIERS.astype(int), values=-OUTLIERS),
}


def of_columns(function: Callable[..., float], y_true: Any, predicted: Any, **more: Any) -> float:
    return float(np.mean([function(y_true[:, place], predicted[:, place], **more) for place in range(y_true.shape[1])]))


def areas(y_true: Any, likely: Any) -> float:
    """Of each class of each target against the others of that target."""
    each = [metrics.roc_auc_score(y_true[:, int(code > 1)] == code, likely[:, code]) for code in range(5)]
    return float(np.mean(each))


EXPECTED = {
    "mean_r2": ("values", of_columns(metrics.r2_score, VALUES, GUESSED)),
    "mean_rmse": ("values", of_columns(metrics.root_mean_squared_error, VALUES, GUESSED)),
    "mean_mae": ("values", of_columns(metrics.mean_absolute_error, VALUES, GUESSED)),
    "mean_accuracy": ("labels", of_columns(metrics.accuracy_score, TRUE, LABELS)),
    "mean_f1_macro": ("labels", of_columns(metrics.f1_score, TRUE, LABELS, average="macro")),
    "exact_match": ("labels", float((TRUE == LABELS).all(axis=1).mean())),
    "mean_log_loss": (
        "labels",
        (metrics.log_loss(TRUE[:, 0], LIKELY[:, :2]) + metrics.log_loss(TRUE[:, 1], LIKELY[:, 2:])) / 2,
    ),
    "mean_roc_auc": ("labels", areas(TRUE, LIKELY)),
    "outlier_roc_auc": ("anomaly", metrics.roc_auc_score(OUTLIERS, -SCORES)),
    "outlier_average_precision": ("anomaly", metrics.average_precision_score(OUTLIERS, -SCORES)),
    "outlier_balanced_accuracy": ("anomaly", metrics.balanced_accuracy_score(OUTLIERS, CALLED)),
    "outlier_share": ("anomaly", float(CALLED.mean())),
}


def test_every_metric_is_tried() -> None:
    assert {*EXPECTED} == {name for name, one in METRICS.items() if one.task in ("multi-output", "anomaly")}


@pytest.mark.parametrize("name", EXPECTED)
def test_it_is_scikit_learns(name: str) -> None:
    """The mean over the targets."""
    kind, value = EXPECTED[name]
    assert scores_of(name).score(Y_TRUE[kind], PREDICTIONS[kind]) == pytest.approx(value)


@pytest.mark.parametrize("name", EXPECTED)
def test_counted_rows_are_repeated_rows(name: str) -> None:
    """A draw of a bootstrap is the metric of the rows that were drawn."""
    kind, _ = EXPECTED[name]
    drawn = RNG.integers(0, ROWS, ROWS)
    counts = np.bincount(drawn, minlength=ROWS).astype(np.float64)[np.newaxis]
    again = picked(PREDICTIONS[kind], np.asarray(drawn))
    counted = scores_of(name).weighted(Y_TRUE[kind], PREDICTIONS[kind], counts)[0]
    assert counted == pytest.approx(scores_of(name).score(Y_TRUE[kind][drawn], again))


@pytest.mark.parametrize("name", [name for name in EXPECTED if name != "outlier_share"])
def test_a_perfect_prediction_is_better(name: str) -> None:
    """The direction of each metric is right; the share of outliers says nothing of that."""
    kind, _ = EXPECTED[name]
    perfect, other = (scores_of(name).score(Y_TRUE[kind], made[kind]) for made in (PERFECT, PREDICTIONS))
    assert METRICS[name].better(perfect, other)
    assert lower_bound(name, Y_TRUE[kind], PERFECT[kind], PREDICTIONS[kind], 0) > 0


@pytest.mark.parametrize("kind", Y_TRUE)
def test_what_the_predictions_allow_is_told(kind: str) -> None:
    """With an interval for each."""
    told = evaluate(Y_TRUE[kind], PREDICTIONS[kind])
    assert {*told} == {name for name, (of, _) in EXPECTED.items() if of == kind}
    for name, (low, high) in intervals(Y_TRUE[kind], PREDICTIONS[kind], 0).items():
        assert low <= told[name] <= high


def test_without_probabilities_and_without_truth_less_is_told() -> None:
    assert [*evaluate(TRUE, Predictions(LABELS))] == ["mean_accuracy", "exact_match", "mean_f1_macro"]
    assert [*evaluate(np.full(ROWS, np.nan), PREDICTIONS["anomaly"])] == ["outlier_share"]
