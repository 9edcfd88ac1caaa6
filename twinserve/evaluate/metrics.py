"""The functions of each metric of `twinserve.metric.METRICS`: of the rows as they are, and of counted rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
from sklearn import metrics

from twinserve.arrays import FloatArray
from twinserve.evaluate import outliers, own, several, weighted
from twinserve.evaluate.weighted import WeightedScore
from twinserve.metric import Metric, metric_of, names, pinball_quantile
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


def score(
    metric: str | Metric, y_true: FloatArray, predictions: Predictions, *, weights: FloatArray | None = None
) -> float:
    """One metric of these predictions; raises `TypeError` where it needs probabilities and there are none."""
    if metric_of(metric).needs_probabilities:
        _probabilities(predictions)
    return _scored(scores_of(metric), y_true, predictions, weights)


def evaluate(
    y_true: FloatArray,
    predictions: Predictions,
    decides: str | Metric | None = None,
    *,
    weights: FloatArray | None = None,
) -> dict[str, float]:
    """Every metric that these predictions allow, and the one that decides; `y_true` holds class codes or values."""
    functions = computable(y_true, predictions, decides)
    return {name: _scored(each, y_true, predictions, weights) for name, each in functions.items()}


def computable(
    y_true: FloatArray, predictions: Predictions, decides: str | Metric | None = None
) -> Mapping[str, Scores]:
    """The functions of the metrics that these predictions allow, and of the one that decides.

    Relative errors are told where no value is 0, or where they decide. The positive class is that of the metric that
    decides."""
    known: list[str | Metric] = [*allowed(y_true, predictions)]
    positive = 1 if decides is None else metric_of(decides).positive
    if "mape" in known and not y_true.all():
        known.remove("mape")
    if decides is not None and str(decides) not in known:
        if metric_of(decides).needs_probabilities:
            _probabilities(predictions)
        known.append(decides)
    return {str(metric): scores_of(replace(metric_of(metric), positive=positive)) for metric in known}


def _scored(functions: Scores, y_true: FloatArray, predictions: Predictions, weights: FloatArray | None) -> float:
    if weights is None:
        return functions.score(y_true, predictions)
    return float(functions.weighted(y_true, predictions, weights[np.newaxis])[0])


def scores_of(metric: str | Metric) -> Scores:
    """The functions of a metric, which may be one of one's own."""
    described = metric_of(metric)
    if described.function is not None:
        return Scores(*own.scores(described.name, described.function))
    if described.name == "average_precision":
        return _precision_of(described.positive)
    quantile = pinball_quantile(described.name)
    return SCORES[described.name] if quantile is None else _pinball(quantile)


def allowed(y_true: FloatArray, predictions: Predictions) -> Sequence[str]:
    """The metrics of the target that these predictions are of."""
    labels, probabilities, values, _ = predictions
    if labels is None:
        is_one = values is None or values.ndim == 1
        return names("regression") if is_one else names("multi-output", of_values=True)
    if values is not None:
        return names("anomaly", truth=not np.isnan(y_true).any())
    has = probabilities is not None
    if labels.ndim == 1:
        return names("classification", probabilities=has)
    return names("multi-output", of_values=False, probabilities=has)


def _by_counts(function: WeightedScore) -> Scores:
    """Of the rows as they are, each counts once."""
    return Scores(lambda y_true, given: float(function(y_true, given, np.ones((1, len(y_true))))[0]), function)


def _pinball(quantile: float) -> Scores:
    return Scores(_of_values(metrics.mean_pinball_loss, alpha=quantile), weighted.pinball(quantile))


def _precision_of(positive: int) -> Scores:
    counted = partial(weighted.average_precision, positive=positive)
    return Scores(partial(_average_precision, positive=positive), counted)


def _of_labels(function: Callable[..., float], **options: Any) -> Score:
    return lambda y_true, predictions: float(function(y_true, predictions.labels, **options))


def _of_values(function: Callable[..., float], **options: Any) -> Score:
    return lambda y_true, predictions: float(function(y_true, predictions.values, **options))


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


def _average_precision(y_true: FloatArray, predictions: Predictions, *, positive: int) -> float:
    """Two classes: of the positive one; more: the mean over each class against the others."""
    probabilities = _probabilities(predictions)
    codes = [positive] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    return float(np.mean([metrics.average_precision_score(y_true == code, probabilities[:, code]) for code in codes]))


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
    "average_precision": _precision_of(1),
    "brier": Scores(_brier, weighted.brier),
    "r2": Scores(_of_values(metrics.r2_score), weighted.r2),
    "rmse": Scores(_of_values(metrics.root_mean_squared_error), weighted.rmse),
    "mae": Scores(_of_values(metrics.mean_absolute_error), weighted.mae),
    "mape": Scores(_of_values(metrics.mean_absolute_percentage_error), weighted.mape),
    "pinball": _pinball(0.5),
    **{name: _by_counts(function) for name, function in (*several.ALL.items(), *outliers.ALL.items())},
}
"""One row for each metric, in the order of `METRICS`."""
