"""Repeated halves of the hold-out: one half calibrates, the other is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray, IntArray
from twinserve.conformal.coverage import included
from twinserve.conformal.quantiles import quantile_of
from twinserve.store.evaluation_facts import Achieved

TIMES: Final = 200
CELLS: Final = 400_000
"""Rows times classes that are asked at most: of a larger hold-out a part."""
MIDDLE: Final = (2.5, 97.5)
"""The percentiles of the halves between which figures are told."""


@dataclass(frozen=True)
class Asked:
    """The outcome of every pair of halves."""

    size: FloatArray
    """`[times]`: the mean number of labels, or the mean width."""
    covered: FloatArray
    """`[times]`: the share of rows."""
    by_class: FloatArray
    """`[times, classes]`: the same of each class; NaN where a half had none of its rows."""

    def achieved(self, code: int | None = None) -> Achieved:
        """The figures of all rows, or of a class."""
        shares = self.covered if code is None else self.by_class[:, code]
        low, high = np.nanpercentile(shares, MIDDLE)
        return Achieved(share=float(np.nanmean(shares)), low=float(low), high=float(high))


def halves(groups: IntArray, seed: int) -> Iterator[tuple[IntArray, IntArray]]:
    """Pairs of halves of rows that belong to groups `[n]`, each half with half of every group."""
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    for turn in range(TIMES):
        shuffled = [rng.permutation(rows) for rows in members]
        cuts = [(len(rows) + turn % 2) // 2 for rows in shuffled]  # Of an odd number each half gets one more in turn.
        parts = list(zip(shuffled, cuts, strict=True))
        yield np.concatenate([rows[:cut] for rows, cut in parts]), np.concatenate([rows[cut:] for rows, cut in parts])


def ask_intervals(errors: FloatArray, sizes: FloatArray, coverage: float, seed: int) -> Asked:
    """Intervals scaled by the expected sizes of the errors, both `[n]`."""
    scores = errors / sizes
    covered, width = [], []
    for calibrating, asked in halves(np.zeros(len(scores), dtype=np.int64), seed):
        radius = quantile_of(scores[calibrating], coverage)
        covered.append((scores[asked] <= radius).mean())
        width.append(2 * radius * sizes[asked].mean())
    return Asked(np.array(width), np.array(covered), np.empty((TIMES, 0)))


def ask_sets(
    scores: FloatArray, labels: IntArray, codes: IntArray, groups: Sequence[int], coverage: float, seed: int
) -> Asked:
    """Sets by scores `[n, classes]`, with the predicted labels and the true codes `[n]` and the group of each class."""
    own, group_of = scores[np.arange(len(codes)), codes], np.asarray(groups)[codes]
    size, covered, by_class = [], [], []
    for calibrating, asked in halves(group_of, seed):
        kept = group_of[calibrating]
        thresholds = [quantile_of(own[calibrating][kept == group], coverage) for group in range(max(groups) + 1)]
        sets = included(scores[asked], [thresholds[group] for group in groups], labels[asked])
        hits = sets[np.arange(len(asked)), codes[asked]]
        size.append(sets.sum(axis=1).mean())
        covered.append(hits.mean())
        by_class.append(_shares(hits.astype(np.float64), codes[asked], scores.shape[1]))
    return Asked(np.array(size), np.array(covered), np.array(by_class))


def _shares(hits: FloatArray, codes: IntArray, classes: int) -> FloatArray:
    rows = np.bincount(codes, minlength=classes)
    with np.errstate(invalid="ignore"):
        shares: FloatArray = np.bincount(codes, weights=hits, minlength=classes) / rows
    return shares


def supports(rows: int, coverage: float) -> bool:
    """Does half of so many rows support this coverage?"""
    return np.isfinite(quantile_of(np.zeros(rows // 2), coverage)).item() if rows >= 2 else False


def smaller(new: Asked, old: Asked) -> bool:
    """Is it measurably smaller: by at least 2 % on average, and in 95 % of the halves?"""
    return bool(new.size.mean() <= 0.98 * old.size.mean() and (new.size < old.size).mean() >= 0.95)
