"""Confidence intervals of the metrics: the hold-out rows drawn again and again with replacement.

A draw is a count for each row. Every metric is a function of weighted sums, so a thousand draws are a few matrix
products instead of a thousand calls; a test compares them with scikit-learn's metrics of the drawn rows themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from twinserve.arrays import BoolArray, FloatArray, IntArray
from twinserve.evaluate.metrics import computable
from twinserve.metric import METRICS
from twinserve.predict.predictor import Predictions

MOST_DRAWS: Final = 1_000
FEWEST_DRAWS: Final = 200
COUNTS: Final = 20_000_000
"""In all draws together: a hold-out that is too large for this gets fewer draws, and needs fewer."""
CONFIDENCE: Final = 0.95
AT_ONCE: Final = 4_000_000
"""Counts held in memory at one time."""

Interval = tuple[float, float]
WeightedScore = Callable[[FloatArray, Predictions, FloatArray], FloatArray]
"""`y_true` `[n]`, predictions, and counts `[draws, n]`, to the metric of each draw, NaN where it is undefined."""


def intervals(y_true: FloatArray, predictions: Predictions, seed: int) -> Mapping[str, Interval]:
    """For each metric that these predictions allow, the middle 95 % of its values over all draws."""
    values: dict[str, list[FloatArray]] = {name: [] for name in computable(predictions)}
    for counts in draws([np.arange(len(y_true))], seed, _times(len(y_true))):
        for name, parts in values.items():
            parts.append(SCORES[name](y_true, predictions, counts))
    tails = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    ends: dict[str, Interval] = {}
    for name, parts in values.items():
        if len(finite := _finite(parts)):
            low, high = np.quantile(finite, tails)
            ends[name] = (float(low), float(high))
    return ends


def lower_bound(name: str, y_true: FloatArray, left: Predictions, right: Predictions, seed: int) -> float:
    """How much better `left` is than `right` at least, with 95 % confidence; negative where it may be worse.

    In units of the metric, positive for better whatever its sign. Both are scored on the same draws (a paired
    bootstrap), and in each draw every class has as many rows as in `y_true`.
    """
    codes = [] if left.labels is None else np.unique(y_true).tolist()
    classes = [np.flatnonzero(y_true == code) for code in codes] or [np.arange(len(y_true))]
    differences = [
        METRICS[name].sign * (SCORES[name](y_true, left, counts) - SCORES[name](y_true, right, counts))
        for counts in draws(classes, seed, _times(len(y_true)))
    ]
    finite = _finite(differences)
    return float(np.quantile(finite, 1 - CONFIDENCE)) if len(finite) else np.nan


def draws(strata: Sequence[IntArray], seed: int, times: int) -> Iterator[FloatArray]:
    """How often each row was drawn, `[some draws, rows]`, all draws together `times`.

    `strata` are the places of all rows in groups; a draw has as many rows of each group as there are in it.
    """
    rng = np.random.default_rng(seed)
    rows = sum(map(len, strata))
    step = max(1, AT_ONCE // rows)
    for start in range(0, times, step):
        counts = np.empty((min(step, times - start), rows))
        for stratum in strata:
            size = len(stratum)
            counts[:, stratum] = rng.multinomial(size, np.full(size, 1 / size), size=len(counts))
        yield counts


def _times(rows: int) -> int:
    return max(FEWEST_DRAWS, min(MOST_DRAWS, COUNTS // rows))


def _finite(parts: Sequence[FloatArray]) -> FloatArray:
    """The values of all draws in which the metric is defined."""
    values = np.concatenate(parts)
    return values[np.isfinite(values)]


def _mean(rows: FloatArray, counts: FloatArray) -> FloatArray:
    means: FloatArray = counts @ rows / counts.sum(axis=1)
    return means


def _confusion(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """`[draws, true class, predicted class]`."""
    labels = np.asarray(predictions.labels)
    size = int(max(y_true.max(), labels.max())) + 1
    cells = np.eye(size * size)[y_true.astype(int) * size + labels]
    table: FloatArray = (counts @ cells).reshape(len(counts), size, size)
    return table


def _accuracy(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    return _mean((y_true == predictions.labels).astype(np.float64), counts)


def _balanced_accuracy(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The mean recall of the classes that were drawn."""
    table = _confusion(y_true, predictions, counts)
    with np.errstate(invalid="ignore"):
        recalls = np.diagonal(table, axis1=1, axis2=2) / table.sum(axis=2)
    return np.asarray(np.nanmean(recalls, axis=1))


def _f1_macro(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The mean F1 of the classes that were drawn or predicted."""
    table = _confusion(y_true, predictions, counts)
    involved = table.sum(axis=1) + table.sum(axis=2)
    with np.errstate(invalid="ignore"):
        scores = 2 * np.diagonal(table, axis1=1, axis2=2) / involved
    return np.asarray(np.nanmean(scores, axis=1))


def _log_loss(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    probabilities = np.asarray(predictions.probabilities)
    probabilities = probabilities / probabilities.sum(axis=1, keepdims=True)
    tiny = np.finfo(np.float64).eps
    of_true_class = np.clip(probabilities[np.arange(len(y_true)), y_true.astype(int)], tiny, 1 - tiny)
    return _mean(-np.log(of_true_class), counts)


def _brier(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    probabilities = np.asarray(predictions.probabilities)
    return _mean(((probabilities - np.eye(probabilities.shape[1])[y_true.astype(int)]) ** 2).sum(axis=1), counts)


def _roc_auc(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """Two classes: of the second; more: the mean over each class against the others."""
    probabilities = np.asarray(predictions.probabilities)
    if probabilities.shape[1] == 2:
        return _area(y_true == 1, probabilities[:, 1], counts)
    areas = [_area(y_true == code, probabilities[:, code], counts) for code in range(probabilities.shape[1])]
    return np.asarray(np.mean(areas, axis=0))


def _area(positive: BoolArray, scores: FloatArray, counts: FloatArray) -> FloatArray:
    """The area under the ROC curve: the proportion of pairs in the right order, a tie counting half."""
    levels, level = np.unique(scores, return_inverse=True)
    order = np.argsort(level, kind="stable")
    starts = np.searchsorted(level[order], np.arange(len(levels)))
    sorted_counts, sign = counts[:, order], positive[order]
    ups = np.add.reduceat(sorted_counts * sign, starts, axis=1)
    downs = np.add.reduceat(sorted_counts * ~sign, starts, axis=1)
    below = np.cumsum(downs, axis=1) - downs / 2
    with np.errstate(invalid="ignore"):
        return np.asarray((ups * below).sum(axis=1) / (ups.sum(axis=1) * downs.sum(axis=1)))


def _squares(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    return _mean((y_true - np.asarray(predictions.values)) ** 2, counts)


def _rmse(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    return np.sqrt(_squares(y_true, predictions, counts))


def _mae(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    return _mean(np.abs(y_true - np.asarray(predictions.values)), counts)


def _r2(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    middle = y_true.mean()  # Moved to the middle first: the variance then keeps its digits.
    variance = _mean((y_true - middle) ** 2, counts) - _mean(y_true - middle, counts) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - _squares(y_true, predictions, counts) / variance)


SCORES: Final[Mapping[str, WeightedScore]] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1_macro": _f1_macro,
    "log_loss": _log_loss,
    "roc_auc": _roc_auc,
    "brier": _brier,
    "r2": _r2,
    "rmse": _rmse,
    "mae": _mae,
}
