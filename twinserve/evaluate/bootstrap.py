"""Confidence intervals of the metrics: the hold-out rows drawn again and again with replacement.

A draw is a count for each row. Every metric here is a function of weighted sums, so a thousand draws are a few
matrix products instead of a thousand calls; a test compares them with the metrics of the drawn rows themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np

from twinserve.arrays import BoolArray, FloatArray
from twinserve.predict.predictor import Predictions

MOST_DRAWS: Final = 1_000
FEWEST_DRAWS: Final = 200
COUNTS: Final = 20_000_000
"""In all draws together: a hold-out that is too large for this gets fewer draws, and needs fewer."""
CONFIDENCE: Final = 0.95
AT_ONCE: Final = 4_000_000
"""Counts held in memory at one time."""

Interval = tuple[float, float]
Drawn = Callable[[FloatArray, Predictions, FloatArray], FloatArray]
"""Truth `[n]`, predictions, and counts `[draws, n]`, to the metric of each draw, NaN where it has none."""


def intervals(truth: FloatArray, predictions: Predictions, seed: int) -> Mapping[str, Interval]:
    """For each metric that these predictions allow, the middle 95 % of its values over all draws."""
    found: dict[str, list[FloatArray]] = {name: [] for name in _fitting(predictions)}
    times = max(FEWEST_DRAWS, min(MOST_DRAWS, COUNTS // len(truth)))
    for counts in draws(len(truth), seed, times):
        for name, parts in found.items():
            parts.append(METRICS[name](truth, predictions, counts))
    tails = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    ends: dict[str, Interval] = {}
    for name, parts in found.items():
        values = np.concatenate(parts)
        if len(values := values[np.isfinite(values)]):
            low, high = np.quantile(values, tails)
            ends[name] = (float(low), float(high))
    return ends


def draws(rows: int, seed: int, times: int) -> Iterator[FloatArray]:
    """How often each row was drawn, `[some draws, rows]`, all draws together `times`."""
    chance = np.random.default_rng(seed)
    step = max(1, AT_ONCE // rows)
    for start in range(0, times, step):
        size = min(step, times - start)
        yield chance.multinomial(rows, np.full(rows, 1 / rows), size=size).astype(np.float64)


def _fitting(predictions: Predictions) -> tuple[str, ...]:
    if predictions.values is not None:
        return ("r2", "rmse", "mae")
    labels = ("accuracy", "balanced_accuracy", "f1_macro")
    return labels if predictions.probabilities is None else (*labels, "log_loss", "roc_auc", "brier")


def _mean(rows: FloatArray, counts: FloatArray) -> FloatArray:
    means: FloatArray = counts @ rows / counts.sum(axis=1)
    return means


def _confusion(truth: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """`[draws, true class, predicted class]`."""
    labels = np.asarray(predictions.labels)
    size = int(max(truth.max(), labels.max())) + 1
    cells = np.eye(size * size)[truth.astype(int) * size + labels]
    table: FloatArray = (counts @ cells).reshape(len(counts), size, size)
    return table


def _accuracy(truth: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    return _mean((truth == predictions.labels).astype(np.float64), counts)


def _balanced_accuracy(truth: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The mean recall of the classes that were drawn."""
    table = _confusion(truth, predictions, counts)
    with np.errstate(invalid="ignore"):
        recalls = np.diagonal(table, axis1=1, axis2=2) / table.sum(axis=2)
    return np.asarray(np.nanmean(recalls, axis=1))


def _f1_macro(truth: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The mean F1 of the classes that were drawn or predicted."""
    table = _confusion(truth, predictions, counts)
    involved = table.sum(axis=1) + table.sum(axis=2)
    with np.errstate(invalid="ignore"):
        scores = 2 * np.diagonal(table, axis1=1, axis2=2) / involved
    return np.asarray(np.nanmean(scores, axis=1))


def _log_loss(truth: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    shares = np.asarray(predictions.probabilities)
    shares = shares / shares.sum(axis=1, keepdims=True)
    tiny = np.finfo(np.float64).eps
    mine = np.clip(shares[np.arange(len(truth)), truth.astype(int)], tiny, 1 - tiny)
    return _mean(-np.log(mine), counts)


def _brier(truth: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    shares = np.asarray(predictions.probabilities)
    return _mean(((shares - np.eye(shares.shape[1])[truth.astype(int)]) ** 2).sum(axis=1), counts)


def _roc_auc(truth: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """Two classes: of the second; more: the mean over each class against the others."""
    shares = np.asarray(predictions.probabilities)
    if shares.shape[1] == 2:
        return _area(truth == 1, shares[:, 1], counts)
    areas = [_area(truth == code, shares[:, code], counts) for code in range(shares.shape[1])]
    return np.asarray(np.mean(areas, axis=0))


def _area(positive: BoolArray, score: FloatArray, counts: FloatArray) -> FloatArray:
    """The share of pairs that are in the right order, a tie counting half."""
    levels, level = np.unique(score, return_inverse=True)
    order = np.argsort(level, kind="stable")
    starts = np.searchsorted(level[order], np.arange(len(levels)))
    sorted_counts, sign = counts[:, order], positive[order]
    ups = np.add.reduceat(sorted_counts * sign, starts, axis=1)
    downs = np.add.reduceat(sorted_counts * ~sign, starts, axis=1)
    below = np.cumsum(downs, axis=1) - downs / 2
    with np.errstate(invalid="ignore"):
        return np.asarray((ups * below).sum(axis=1) / (ups.sum(axis=1) * downs.sum(axis=1)))


def _squares(truth: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    return _mean((truth - np.asarray(predictions.values)) ** 2, counts)


def _rmse(truth: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    return np.sqrt(_squares(truth, predictions, counts))


def _mae(truth: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    return _mean(np.abs(truth - np.asarray(predictions.values)), counts)


def _r2(truth: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    middle = truth.mean()  # Moved to the middle first: the variance then keeps its digits.
    variance = _mean((truth - middle) ** 2, counts) - _mean(truth - middle, counts) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - _squares(truth, predictions, counts) / variance)


METRICS: Final[Mapping[str, Drawn]] = {
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
