"""What a path asks of each field: the comparisons of one field on a path, merged into one condition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twinserve.arrays import BoolArray, FloatArray, IntArray
from twinserve.explain.trees import Parents, Trees
from twinserve.graph.trees import LT, MEMBER

Bits = np.ndarray[tuple[int, int], np.dtype[np.uint8]]


class Comparisons:
    """Every split's answer for some rows."""

    def __init__(self, trees: Trees) -> None:
        self._column = np.ascontiguousarray(trees.column)
        below = np.nextafter(trees.limit, -np.inf)
        self._limit = np.where(trees.kind == LT, below, trees.limit)
        self._null_yes = trees.null_yes
        self._sets = np.flatnonzero(trees.kind == MEMBER)
        self._held = _membership(trees)

    def __call__(self, table: FloatArray) -> BoolArray:
        """`[rows, splits]`: is it yes?"""
        cells = table.take(self._column, axis=1)
        yes: BoolArray = cells <= self._limit
        if len(self._sets):
            codes = np.nan_to_num(cells[:, self._sets], nan=-2.0).clip(-2, self._held.shape[1] - 3).astype(np.int64)
            yes[:, self._sets] = self._held[np.arange(len(self._sets)), codes + 2]
        nulls = np.isnan(cells)
        if nulls.any():
            yes[nulls] = np.broadcast_to(self._null_yes, yes.shape)[nulls]
        return yes


def _membership(trees: Trees) -> BoolArray:
    """`[sets, codes + 3]`: is a code a member? From code -2, which none is, to one beyond the largest."""
    last = int(max((held.max() for held in trees.members if len(held)), default=-1.0))
    table = np.zeros((len(trees.members), last + 4), dtype=bool)
    for row, held in zip(table, trees.members, strict=True):
        row[held.astype(np.int64) + 2] = True
    return table


@dataclass(frozen=True, eq=False)
class Conditions:
    """For some places in the trees one condition for each field that the path to them asks about.

    Conditions are sorted by place and field. A condition holds where all of its steps are taken.
    """

    place: IntArray
    """`[conditions]`"""
    field: IntArray
    share: FloatArray
    """`[conditions]`: the product of the shares of training weight that took its steps."""
    step: IntArray
    """`[steps]`, sorted by condition."""
    start: IntArray
    """`[conditions]`: the first step of each."""

    @classmethod
    def of(cls, trees: Trees, fields: IntArray, parents: Parents, first: IntArray) -> Conditions:
        """The conditions on the paths whose last steps are `first` (-1: no step); `fields` by column."""
        place, step = parents.paths(first)
        field = fields[trees.column[step >> 1]]
        order = np.lexsort((step, field, place))
        place, field, step = place[order], field[order], step[order]
        is_new = np.ones(len(step), dtype=bool)
        is_new[1:] = (place[1:] != place[:-1]) | (field[1:] != field[:-1])
        start = np.flatnonzero(is_new)
        shares = trees.share[step >> 1, step & 1]
        share = np.multiply.reduceat(shares, start) if len(start) else np.zeros(0)
        return cls(place[start], field[start], share, step, start)

    def hold(self, taken: Bits) -> Bits:
        """`[rows, conditions]`: 1 where it holds, from which steps are taken, `[rows, 2 * splits]`."""
        if not len(self.start):
            return np.zeros((len(taken), 0), dtype=np.uint8)
        return np.bitwise_and.reduceat(taken.take(self.step, axis=1), self.start, axis=1)
