"""The functions of each metric of `twinserve.metric.METRICS`: of the rows as they are, and of counted rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn import metrics

from twinserve.arrays import FloatArray
from twinserve.evaluate import weighted
from twinserve.evaluate.weighted import WeightedScore
from twinserve.metric import METRICS, names
from twinserve.predict.predictor import Predictions

Score = Callable[[FloatArray, Predictions], float]
"""`y_true` `[n]` (class codes or values) and predictions of the same rows, to the metric."""


@dataclass(frozen=True)
class Scores:
    """The functions that compute one metric."""

    score: Score
    """Of the rows as they are, by scikit-learn where it has the metric."""
    weighted: WeightedScore
    """Of counted rows, for the draws of a bootstrap."""


def score(name: str, y_true: FloatArray, predictions: Predictions, *, weights: FloatArray | None = None) -> float:
    """One metric of these predictions; raises `TypeError` where it needs probabilities and there are none."""
    if weights is None:
        return SCORES[name].score(y_true, predictions)
    if METRICS[name].needs_probabilities:
        _probabilities(predictions)
    return float(SCORES[name].weighted(y_true, predictions, weights[np.newaxis])[0])


def evaluate(y_true: FloatArray, predictions: Predictions, *, weights: FloatArray | None = None) -> dict[str, float]:
    """Every metric that these predictions allow; `y_true` holds class codes or values."""
    return {name: score(name, y_true, predictions, weights=weights) for name in computable(predictions)}


def computable(predictions: Predictions) -> Sequence[str]:
    """The names of the metrics that these predictions allow."""
    if predictions.values is not None:
        return names("regression")
    return names("classification", probabilities=predictions.probabilities is not None)


def _of_labels(function: Callable[..., float], **options: Any) -> Score:
    return lambda y_true, predictions: float(function(y_true, predictions.labels, **options))


def _of_values(function: Callable[..., float]) -> Score:
    return lambda y_true, predictions: float(function(y_true, predictions.values))


def _log_loss(y_true: FloatArray, predictions: Predictions) -> float:
    probabilities = _normalized(_probabilities(predictions))
    return float(metrics.log_loss(y_true, probabilities, labels=np.arange(probabilities.shape[1])))


def _roc_auc(y_true: FloatArray, predictions: Predictions) -> float:
    """Two classes: of the second; more: the mean over each class against the others."""
    probabilities = _probabilities(predictions)
    if probabilities.shape[1] == 2:
        return float(metrics.roc_auc_score(y_true, probabilities[:, 1]))
    each = [metrics.roc_auc_score(y_true == code, probabilities[:, code]) for code in range(probabilities.shape[1])]
    return float(np.mean(each))


def _brier(y_true: FloatArray, predictions: Predictions) -> float:
    """The Brier score as Brier defined it, summed over the classes: 0 to 2."""
    probabilities = _probabilities(predictions)
    one_hot = np.eye(probabilities.shape[1])[y_true.astype(int)]
    return float(((probabilities - one_hot) ** 2).sum(axis=1).mean())


def _probabilities(predictions: Predictions) -> FloatArray:
    if predictions.probabilities is None:
        raise TypeError("The metric needs probabilities and the model gives labels only.")
    return predictions.probabilities


def _normalized(probabilities: FloatArray) -> FloatArray:
    """Each row divided by its sum: a model that computes in float32 is off by 1e-8, and scikit-learn warns."""
    normalized: FloatArray = probabilities / probabilities.sum(axis=1, keepdims=True)
    return normalized


SCORES: Final[Mapping[str, Scores]] = {
    "accuracy": Scores(_of_labels(metrics.accuracy_score), weighted.accuracy),
    "balanced_accuracy": Scores(_of_labels(metrics.balanced_accuracy_score), weighted.balanced_accuracy),
    "f1_macro": Scores(_of_labels(metrics.f1_score, average="macro"), weighted.f1_macro),
    "log_loss": Scores(_log_loss, weighted.log_loss),
    "roc_auc": Scores(_roc_auc, weighted.roc_auc),
    "brier": Scores(_brier, weighted.brier),
    "r2": Scores(_of_values(metrics.r2_score), weighted.r2),
    "rmse": Scores(_of_values(metrics.root_mean_squared_error), weighted.rmse),
    "mae": Scores(_of_values(metrics.mean_absolute_error), weighted.mae),
}
"""One row for each metric, in the order of `METRICS`."""
