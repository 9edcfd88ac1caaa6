"""Shapley values of the sum of all trees of a model, for one of its outputs."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from twinserve.arrays import FloatArray, IntArray
from twinserve.explain.conditions import Comparisons, Conditions
from twinserve.explain.quadrature import leaf_values
from twinserve.explain.tables import MOST_SPLITS, Tables, parts, sizes, uncovered
from twinserve.explain.trees import Parents, Trees

CELLS: Final = 1 << 17
"""Numbers of all rows that are computed at a time: they stay in the processor's cache."""


class TreeValues:
    """The Shapley values of a sum of trees, exact; safe to share between threads."""

    def __init__(self, trees: Trees, fields: IntArray, memory: int) -> None:
        """`fields`: the field of each column of the table, -1 for one that no split asks about. `memory`: bytes for
        tables; leaves that do not fit are computed by the formula."""
        parents = Parents.of(trees)
        self._compare = Comparisons(trees)
        fits = len(trees.column) <= MOST_SPLITS
        chosen = parts(parents, sizes(trees, fields), memory) if fits else np.zeros(0, dtype=np.int64)
        self._tables = Tables(trees, fields, parents, chosen) if len(chosen) else None
        leaves = Conditions.of(trees, fields, parents, parents.of_leaf)
        left = uncovered(parents, chosen)
        self._leaves = Leaves(leaves, trees.value, left) if len(left) else None
        self.base = _expectation(leaves, trees)
        """The expected sum: that of the row of which nothing is known."""
        by_formula = 0 if self._leaves is None else self._leaves.work
        self._cells = max(2 * len(trees.column), by_formula)
        self.work = 4 * len(trees.column) + 8 * by_formula
        """About how many numbers are computed for a row."""

    def add(self, table: FloatArray, contributions: FloatArray) -> None:
        """Add the values of some rows, from their columns, to `[rows, fields]`."""
        step = max(1, CELLS // self._cells)
        for first in range(0, len(table), step):
            taken = self._taken(table[first : first + step])
            for part in (self._tables, self._leaves):
                if part is not None:
                    part.add(taken, contributions[first : first + step])

    def _taken(self, table: FloatArray) -> NDArray[np.uint8]:
        """`[rows, 2 * splits]`: 1 for each step that a row takes; see `Parents`."""
        yes = self._compare(table)
        taken = np.empty((len(yes), 2 * yes.shape[1]), dtype=np.uint8)
        taken[:, 0::2] = yes
        taken[:, 1::2] = ~yes
        return taken


class Leaves:
    """Leaves whose values are computed by the formula."""

    def __init__(self, conditions: Conditions, values: FloatArray, leaves: IntArray) -> None:
        first, last = (np.searchsorted(conditions.place, leaves, side) for side in ("left", "right"))
        self.work = int(((last - first) ** 2).sum()) // 2
        """Numbers that are computed for a row."""
        self._groups = [
            _Group(conditions, values[leaves[alike]], first[alike], int(depth))
            for depth in np.unique(last - first).tolist()
            for alike in [np.flatnonzero(last - first == depth)]
        ]

    def add(self, taken: NDArray[np.uint8], contributions: FloatArray) -> None:
        """Add what the leaves give to `[rows, fields]`, from the steps that each row takes, `[rows, 2 * splits]`."""
        for group in self._groups:
            group.add(taken, contributions)


class _Group:
    """Leaves on whose paths equally many fields are asked about."""

    def __init__(self, conditions: Conditions, values: FloatArray, first: IntArray, depth: int) -> None:
        chosen = conditions.take((first[:, None] + np.arange(depth)).ravel())
        self._conditions, self._values = chosen, values[:, None]
        self._shares = chosen.share.reshape(-1, depth)
        self._order = np.argsort(chosen.field, kind="stable")
        self._fields, self._first = np.unique(chosen.field[self._order], return_index=True)

    def add(self, taken: NDArray[np.uint8], contributions: FloatArray) -> None:
        holds = self._conditions.hold(taken).astype(np.float64).reshape(len(taken), *self._shares.shape)
        given = (leaf_values(holds, self._shares) * self._values).reshape(len(taken), -1)
        contributions[:, self._fields] += np.add.reduceat(given.take(self._order, axis=1), self._first, axis=1)


def _expectation(leaves: Conditions, trees: Trees) -> float:
    """The mean of the leaves, each weighted by the shares of training weight on its path."""
    first = np.searchsorted(leaves.place, np.arange(len(trees.value)))
    return float(np.multiply.reduceat(leaves.share, first) @ trees.value)
