"""The metrics of `twinserve.metric.METRICS` as functions of counted rows: one value for each draw of a bootstrap.

Each is a function of weighted sums, so a thousand draws are a few matrix products instead of a thousand calls; a test
compares them with scikit-learn's metrics of the drawn rows themselves.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twinserve.arrays import BoolArray, FloatArray
from twinserve.predict.predictor import Predictions

WeightedScore = Callable[[FloatArray, Predictions, FloatArray], FloatArray]
"""`y_true` `[n]`, predictions, and counts `[draws, n]`, to the metric of each draw, NaN where it is undefined."""


def mean(rows: FloatArray, counts: FloatArray) -> FloatArray:
    """The mean of `[n]` numbers in each draw."""
    means: FloatArray = counts @ rows / counts.sum(axis=1)
    return means


def _confusion(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """`[draws, true class, predicted class]`."""
    labels = np.asarray(predictions.labels)
    size = int(max(y_true.max(), labels.max())) + 1
    cells = np.eye(size * size)[y_true.astype(int) * size + labels]
    table: FloatArray = (counts @ cells).reshape(len(counts), size, size)
    return table


def accuracy(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The proportion of rows whose label is right."""
    return mean((y_true == predictions.labels).astype(np.float64), counts)


def balanced_accuracy(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The mean recall of the classes that were drawn."""
    table = _confusion(y_true, predictions, counts)
    with np.errstate(invalid="ignore"):
        recalls = np.diagonal(table, axis1=1, axis2=2) / table.sum(axis=2)
    return np.asarray(np.nanmean(recalls, axis=1))


def f1_macro(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The mean F1 of the classes that were drawn or predicted."""
    table = _confusion(y_true, predictions, counts)
    involved = table.sum(axis=1) + table.sum(axis=2)
    with np.errstate(invalid="ignore"):
        scores = 2 * np.diagonal(table, axis1=1, axis2=2) / involved
    return np.asarray(np.nanmean(scores, axis=1))


def log_loss(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The mean of -log of the true class's probability, which is clipped as scikit-learn does."""
    probabilities = np.asarray(predictions.probabilities)
    probabilities = probabilities / probabilities.sum(axis=1, keepdims=True)
    tiny = np.finfo(np.float64).eps
    of_true_class = np.clip(probabilities[np.arange(len(y_true)), y_true.astype(int)], tiny, 1 - tiny)
    return mean(-np.log(of_true_class), counts)


def brier(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The squared error summed over the classes: 0 to 2."""
    probabilities = np.asarray(predictions.probabilities)
    return mean(((probabilities - np.eye(probabilities.shape[1])[y_true.astype(int)]) ** 2).sum(axis=1), counts)


def roc_auc(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """Two classes: of the second; more: the mean over each class against the others."""
    probabilities = np.asarray(predictions.probabilities)
    if probabilities.shape[1] == 2:
        return area(y_true == 1, probabilities[:, 1], counts)
    areas = [area(y_true == code, probabilities[:, code], counts) for code in range(probabilities.shape[1])]
    return np.asarray(np.mean(areas, axis=0))


def area(positive: BoolArray, scores: FloatArray, counts: FloatArray) -> FloatArray:
    """The area under the ROC curve: the proportion of pairs in the right order, a tie counting half."""
    ups, downs = _by_level(positive, scores, counts)
    below = np.cumsum(downs, axis=1) - downs / 2
    with np.errstate(invalid="ignore"):
        return np.asarray((ups * below).sum(axis=1) / (ups.sum(axis=1) * downs.sum(axis=1)))


def _by_level(positive: BoolArray, scores: FloatArray, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How many positive and how many other rows have each of the scores, ascending, `[draws, scores]`."""
    levels, level = np.unique(scores, return_inverse=True)
    order = np.argsort(level, kind="stable")
    starts = np.searchsorted(level[order], np.arange(len(levels)))
    sorted_counts, sign = counts[:, order], positive[order]
    return np.add.reduceat(sorted_counts * sign, starts, axis=1), np.add.reduceat(sorted_counts * ~sign, starts, axis=1)


def average_precision(y_true: FloatArray, predictions: Predictions, counts: FloatArray, *, positive: int) -> FloatArray:
    """Two classes: of the positive one; more: the mean over each class against the others."""
    probabilities = np.asarray(predictions.probabilities)
    codes = [positive] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    return np.asarray(np.mean([precision(y_true == code, probabilities[:, code], counts) for code in codes], axis=0))


def precision(positive: BoolArray, scores: FloatArray, counts: FloatArray) -> FloatArray:
    """The mean over the positive rows of the precision at the threshold that just finds them."""
    ups, downs = _by_level(positive, scores, counts)
    found, alarms = (np.cumsum(side[:, ::-1], axis=1)[:, ::-1] for side in (ups, downs))
    with np.errstate(invalid="ignore"):
        precision = np.where(ups > 0, found / (found + alarms), 0.0)
        return np.asarray((ups * precision).sum(axis=1) / ups.sum(axis=1))


def _squares(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    return mean((y_true - np.asarray(predictions.values)) ** 2, counts)


def rmse(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The root of the mean squared error."""
    return np.sqrt(_squares(y_true, predictions, counts))


def mae(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The mean absolute error."""
    return mean(np.abs(y_true - np.asarray(predictions.values)), counts)


def mape(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The mean absolute error in units of the value, which is taken as at least 2.2e-16, as scikit-learn does."""
    sizes = np.maximum(np.abs(y_true), np.finfo(np.float64).eps)
    return mean(np.abs(y_true - np.asarray(predictions.values)) / sizes, counts)


def pinball(quantile: float) -> WeightedScore:
    """The pinball loss of a quantile: what is too low costs `quantile` of the error, what is too high the rest."""

    def loss(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
        errors = y_true - np.asarray(predictions.values)
        return mean(np.maximum(quantile * errors, (quantile - 1) * errors), counts)

    return loss


def r2(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """1 less the squared error over the variance of the rows drawn; NaN or infinite where there is none."""
    middle = y_true.mean()  # Moved to the middle first: the variance then keeps its digits.
    variance = mean((y_true - middle) ** 2, counts) - mean(y_true - middle, counts) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - _squares(y_true, predictions, counts) / variance)
