"""Shapley values of the sum of all trees of a model, for one of its outputs."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from twinserve.arrays import FloatArray, IntArray
from twinserve.explain.conditions import Comparisons
from twinserve.explain.edges import Edges
from twinserve.explain.tables import MOST_SPLITS, MOST_STEPS, Tables, parts, sizes, uncovered
from twinserve.explain.trees import Parents, Trees

CELLS: Final = 1 << 17
"""Numbers of all rows that are computed at a time: they stay in the processor's cache."""


class TreeValues:
    """The Shapley values of a sum of trees, exact; safe to share between threads."""

    def __init__(self, trees: Trees, fields: IntArray, memory: int) -> None:
        """`fields`: the field of each column of the table, -1 for one that no split asks about. `memory`: bytes for
        tables; what does not fit is computed edge by edge."""
        parents = Parents.of(trees)
        self._compare = Comparisons(trees)
        fits = len(trees.column) <= MOST_SPLITS and trees.path_lengths() <= MOST_STEPS
        chosen = parts(parents, sizes(trees, fields), memory) if fits else np.zeros(0, dtype=np.int64)
        self._tables = Tables(trees, fields, parents, chosen) if len(chosen) else None
        left = uncovered(parents, chosen)
        self._edges = Edges(trees.with_leaves(left), fields) if len(left) else None
        self.base = trees.expectation()
        """The expected sum: that of the row of which nothing is known."""
        self.work = 4 * len(trees.column) + (0 if self._edges is None else self._edges.work)
        """About how many numbers are computed for a row."""

    def add(self, table: FloatArray, contributions: FloatArray) -> None:
        """Add the values of some rows, from their columns, to `[rows, fields]`."""
        step = max(1, CELLS // max(1, self.work))
        for first in range(0, len(table), step):
            taken = self._taken(table[first : first + step])
            for part in (self._tables, self._edges):
                if part is not None:
                    part.add(taken, contributions[first : first + step])

    def _taken(self, table: FloatArray) -> NDArray[np.uint8]:
        """`[rows, 2 * splits]`: 1 for each step that a row takes; see `Parents`."""
        yes = self._compare(table)
        taken = np.empty((len(yes), 2 * yes.shape[1]), dtype=np.uint8)
        taken[:, 0::2] = yes
        taken[:, 1::2] = ~yes
        return taken
