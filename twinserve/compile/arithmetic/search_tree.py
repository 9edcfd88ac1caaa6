"""A balanced tree that finds the segment of a number."""

from __future__ import annotations

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.tree import Tree
from twinserve.graph.trees import LEQ


def search_tree(bounds: FloatArray, column: int, mode: int = LEQ) -> Tree:
    """A tree whose leaf `j` (kept in `value`) holds the numbers with `j` bounds below them; in the mode LT at or below
    them. NaN has all bounds below it."""
    yes, no, split, held = list[int](), list[int](), list[float](), list[float]()

    def grow(low: int, high: int) -> int:
        at, middle = len(yes), (low + high) // 2
        yes.append(0)
        no.append(0)
        split.append(float(bounds[middle]) if low < high else 0.0)
        held.append(float(low))
        if low < high:
            yes[at], no[at] = grow(low, middle), grow(middle + 1, high)
        return at

    grow(0, len(bounds))
    left, right = np.array(yes, dtype=np.int64), np.array(no, dtype=np.int64)
    never = np.zeros(len(yes), bool)
    where = np.full(len(yes), column, dtype=np.int64)
    return Tree(left == 0, where, np.array(split), left, right, never, np.array(held), mode)
