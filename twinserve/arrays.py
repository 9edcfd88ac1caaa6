"""Array types, and one way to choose some of many rows, that all rooms share."""

from __future__ import annotations

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
