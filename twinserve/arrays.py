"""Array types that all rooms share, a way to choose some of many rows, the extremes of columns, and bisection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
EXACT: Final = 2**53
"""Whole numbers of a smaller magnitude are exact as doubles."""
FOLD: Final = 16
"""Rows that lie side by side while extremes are sought."""
MANY: Final = 8 * FOLD
"""Rows from which on that is faster."""


def evenly_spread(count: int, most: int) -> IntArray:
    """At most so many of the positions 0 to `count` - 1, the first and the last among them, ascending."""
    positions: IntArray = np.unique(np.linspace(0, count - 1, min(most, count)).astype(int))
    return positions


def extremes(pick: np.ufunc, matrix: FloatArray) -> FloatArray:
    """`[columns]`: what `pick` (`np.minimum`, `np.fmax` or their like) leaves of each column of `[n, columns]`, n > 0.

    `reduce` runs its inner loop over one row: of 1,000 rows of 30 columns it takes 36 us, of longer rows 10."""
    rows, columns = matrix.shape
    if rows < MANY or not matrix.flags.c_contiguous:
        return pick.reduce(matrix)  # type: ignore[no-any-return]
    whole = rows - rows % FOLD
    folded = pick.reduce(matrix[:whole].reshape(-1, FOLD * columns)).reshape(FOLD, columns)
    return pick.reduce(np.concatenate([folded, matrix[whole:]]))  # type: ignore[no-any-return]


def extent(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """`[columns]` twice: the least and the greatest number of each column of `[n, columns]`, n > 0; both NaN where one
    is."""
    return extremes(np.minimum, matrix), extremes(np.maximum, matrix)


def bisected(
    low: FloatArray, high: FloatArray, is_low: Callable[[FloatArray], BoolArray], most: int
) -> tuple[FloatArray, FloatArray]:
    """The ends of intervals, each halved `most` times or until they are neighbouring doubles: `is_low` tells which
    middles take the place of the low end."""
    for _ in range(most):
        middle = low + (high - low) / 2
        if ((middle == low) | (middle == high)).all():
            break
        lower = is_low(middle)
        low, high = np.where(lower, middle, low), np.where(lower, high, middle)
    return low, high
