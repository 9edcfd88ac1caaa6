"""How good is a model: the hold-out that never changes sides, and the metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn import metrics

from twinserve.arrays import FloatArray
from twinserve.predict.predictor import Predictions

Score = Callable[[FloatArray, Predictions], float]


@dataclass(frozen=True)
class Metric:
    """A figure of merit; `score` takes the truth (class codes or values) and the predictions."""

    score: Score
    greater_is_better: bool


def evaluate(truth: FloatArray, predictions: Predictions) -> dict[str, float]:
    """Every metric that these predictions allow; `truth` holds class codes or values."""
    return {name: METRICS[name].score(truth, predictions) for name in _fitting(predictions)}


def _fitting(predictions: Predictions) -> Sequence[str]:
    if predictions.values is not None:
        return REGRESSION
    return LABELS if predictions.probabilities is None else (*LABELS, *PROBABILITIES)


def _of_labels(score: Callable[..., float], **options: Any) -> Score:
    return lambda truth, predictions: float(score(truth, predictions.labels, **options))


def _of_values(score: Callable[..., float]) -> Score:
    return lambda truth, predictions: float(score(truth, predictions.values))


def _log_loss(truth: FloatArray, predictions: Predictions) -> float:
    shares = _summing_to_one(_probabilities(predictions))
    return float(metrics.log_loss(truth, shares, labels=np.arange(shares.shape[1])))


def _roc_auc(truth: FloatArray, predictions: Predictions) -> float:
    shares = _probabilities(predictions)
    if shares.shape[1] == 2:
        return float(metrics.roc_auc_score(truth, shares[:, 1]))
    each = [metrics.roc_auc_score(truth == code, shares[:, code]) for code in range(shares.shape[1])]
    return float(np.mean(each))


def _brier(truth: FloatArray, predictions: Predictions) -> float:
    """Brier's own score, summed over the classes: 0 to 2."""
    shares = _probabilities(predictions)
    return float(((shares - np.eye(shares.shape[1])[truth.astype(int)]) ** 2).sum(axis=1).mean())


def _probabilities(predictions: Predictions) -> FloatArray:
    if predictions.probabilities is None:
        raise TypeError("The metric needs probabilities and the model gives labels only.")
    return predictions.probabilities


def _summing_to_one(shares: FloatArray) -> FloatArray:
    """Each row over its sum, which is off by 1e-8 where a model computes in float32, and scikit-learn minds."""
    found: FloatArray = shares / shares.sum(axis=1, keepdims=True)
    return found


LABELS: Final = ("accuracy", "balanced_accuracy", "f1_macro")
PROBABILITIES: Final = ("log_loss", "roc_auc", "brier")
REGRESSION: Final = ("r2", "rmse", "mae")
METRICS: Final[Mapping[str, Metric]] = {
    "accuracy": Metric(_of_labels(metrics.accuracy_score), greater_is_better=True),
    "balanced_accuracy": Metric(_of_labels(metrics.balanced_accuracy_score), greater_is_better=True),
    "f1_macro": Metric(_of_labels(metrics.f1_score, average="macro"), greater_is_better=True),
    "log_loss": Metric(_log_loss, greater_is_better=False),
    "roc_auc": Metric(_roc_auc, greater_is_better=True),
    "brier": Metric(_brier, greater_is_better=False),
    "r2": Metric(_of_values(metrics.r2_score), greater_is_better=True),
    "rmse": Metric(_of_values(metrics.root_mean_squared_error), greater_is_better=False),
    "mae": Metric(_of_values(metrics.mean_absolute_error), greater_is_better=False),
}
