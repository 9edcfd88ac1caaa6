"""Array types that all rooms share, a way to choose some of many rows, and bisection."""

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


def evenly_spread(count: int, most: int) -> IntArray:
    """At most so many of the positions 0 to `count` - 1, the first and the last among them, ascending."""
    positions: IntArray = np.unique(np.linspace(0, count - 1, min(most, count)).astype(int))
    return positions


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
