"""Confidence intervals of the metrics: the hold-out rows drawn again and again with replacement.

A draw is a count for each row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray, IntArray
from twinserve.evaluate.metrics import computable, scores_of
from twinserve.metric import Metric, metric_of
from twinserve.predict.predictor import Predictions

MOST_DRAWS: Final = 1_000
FEWEST_DRAWS: Final = 200
COUNTS: Final = 20_000_000
"""In all draws together: a hold-out that is too large for this gets fewer draws, and needs fewer."""
CONFIDENCE: Final = 0.95
AT_ONCE: Final = 4_000_000
"""Counts held in memory at one time."""

Interval = tuple[float, float]


def intervals(
    y_true: FloatArray,
    predictions: Predictions,
    seed: int,
    decides: str | Metric | None = None,
    *,
    weights: FloatArray | None = None,
) -> Mapping[str, Interval]:
    """For each metric that these predictions allow, the middle 95 % of its values over all draws."""
    functions = computable(y_true, predictions, decides)
    values: dict[str, list[FloatArray]] = {name: [] for name in functions}
    for counts in draws([np.arange(len(y_true))], seed, _times(len(y_true))):
        for name, parts in values.items():
            parts.append(functions[name].weighted(y_true, predictions, _weighed(counts, weights)))
    tails = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    ends: dict[str, Interval] = {}
    for name, parts in values.items():
        if len(finite := _finite(parts)):
            low, high = np.quantile(finite, tails)
            ends[name] = (float(low), float(high))
    return ends


def lower_bound(
    metric: str | Metric,
    y_true: FloatArray,
    left: Predictions,
    right: Predictions,
    seed: int,
    *,
    weights: FloatArray | None = None,
) -> float:
    """How much better `left` is than `right` at least, with 95 % confidence; negative where it may be worse.

    In units of the metric, positive for better whatever its sign. Both are scored on the same draws (a paired
    bootstrap), and in each draw every class has as many rows as in `y_true`.
    """
    codes = [] if left.labels is None or y_true.ndim > 1 else np.unique(y_true[~np.isnan(y_true)]).tolist()
    classes = [np.flatnonzero(y_true == code) for code in codes] or [np.arange(len(y_true))]
    sign, weighted = metric_of(metric).sign, scores_of(metric).weighted
    differences = [
        sign * (weighted(y_true, left, counts) - weighted(y_true, right, counts))
        for counts in (_weighed(drawn, weights) for drawn in draws(classes, seed, _times(len(y_true))))
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


def _weighed(counts: FloatArray, weights: FloatArray | None) -> FloatArray:
    """Rows are drawn alike, and each counts by its weight."""
    return counts if weights is None else counts * weights


def _times(rows: int) -> int:
    return max(FEWEST_DRAWS, min(MOST_DRAWS, COUNTS // rows))


def _finite(parts: Sequence[FloatArray]) -> FloatArray:
    """The values of all draws in which the metric is defined."""
    values = np.concatenate(parts)
    return values[np.isfinite(values)]
