"""The exact quantile of split-conformal prediction (Vovk et al., 2005; Lei et al., 2018).

Of n calibration scores the one of rank `ceil((n + 1) c)` is not exceeded by the score of another, exchangeable row with
a probability of at least c.
"""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.conformal.limits import HIGHEST, LOWEST
from twinserve.conformal.stored import StoredScores

PLACES: Final = 10_000
"""The largest supported coverage is told to four places."""


def rank_of(coverage: float, rows: int) -> int:
    """`ceil((rows + 1) coverage)`, exact for the number as it is written: 0.55 of 99 rows is 55, not 56."""
    share = Fraction(repr(coverage))
    return -(-(rows + 1) * share.numerator // share.denominator)


def largest_coverage(rows: int) -> float:
    """The largest coverage that so many rows support, rounded down; 0 where it is below the lowest."""
    largest = min(HIGHEST, rows * PLACES // (rows + 1) / PLACES)
    return largest if largest >= LOWEST else 0.0


def quantile(scores: StoredScores, coverage: float) -> float:
    """The score of the rank that the coverage needs; infinity where the rows do not support it.

    Where that rank was not stored it is the next one above, which covers a little more."""
    rank = rank_of(coverage, scores.rows)
    return scores.scores[bisect_left(scores.ranks, rank)] if rank <= scores.rows else float("inf")


def quantile_of(scores: FloatArray, coverage: float) -> float:
    """The same of scores in any order, `[n]`."""
    rank = rank_of(coverage, len(scores))
    return float(np.partition(scores, rank - 1)[rank - 1]) if rank <= len(scores) else float("inf")


def stored_scores(scores: FloatArray, most: int) -> StoredScores:
    """What is stored of scores in any order, `[n]`: those that some coverage needs, at most so many of them."""
    rows = len(scores)
    first, last = rank_of(LOWEST, rows), min(rows, rank_of(HIGHEST, rows))
    spread = np.linspace(first, last, min(most, last - first + 1)).astype(np.int64)
    ranks = np.unique([*spread.tolist(), rows])
    return StoredScores(rows=rows, ranks=tuple(ranks.tolist()), scores=tuple(np.sort(scores)[ranks - 1].tolist()))
