"""Shapley values of whole trees, edge by edge, for those that are too large for tables.

What a leaf with value v gives to field i is v (a_i - b_i) times the integral, over t from 0 to 1, of the product of
f_k = b_k + t (a_k - b_k) over all other fields k on its path (`quadrature.py`). The leaves below an edge share the
factors of the edges above it. So at each node t of the integral three passes over the edges are enough: the products
from the root down, the sums of v times the product from the leaves up, and what each edge's own field gets of its sum,
divided by its own factor. Where the same field is asked about again further down, only the lowest such edge counts.

Source: Yu, Bifet, Read and Xu, "Linear TreeSHAP" (2022), for the sums over edges; the integral in place of their
polynomials is exact, too, and stable.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twinserve.arrays import FloatArray, IntArray
from twinserve.explain.quadrature import nodes
from twinserve.explain.trees import Trees

LEAST_SHARE: Final = 1e-60
"""In place of smaller shares, so that no factor is 0. What such leaves give is far below the last digit."""
CHUNK: Final = 16_384
"""Edges of the trees that are computed together: their numbers stay in the processor's cache."""


class Edges:
    """The edges of some trees: edge `2 * split` leads to `yes`, the next one to `no`."""

    def __init__(self, trees: Trees, fields: IntArray) -> None:
        """`fields`: the field of each column that the trees read."""
        self._parts = [_Part(trees, splits, fields) for splits in _chunks(trees)]
        self.work = sum(part.work for part in self._parts)
        """Numbers that are computed for a row."""

    def add(self, taken: NDArray[np.uint8], contributions: FloatArray) -> None:
        """Add the values of some rows to `[rows, fields]`, from the steps that each takes, `[rows, 2 * splits]`."""
        for row, given in zip(taken, contributions, strict=True):
            for part in self._parts:
                part.add(row, given)


def _chunks(trees: Trees) -> Iterator[list[IntArray]]:
    """The splits of some trees at a time, level by level."""
    per_tree = max(1, len(trees.column) // max(1, len(trees.roots)))
    step = max(1, CHUNK // (2 * per_tree))
    for first in range(0, len(trees.roots), step):
        level, levels = trees.roots[first : first + step], list[IntArray]()
        while len(level):
            levels.append(level)
            below = np.concatenate([trees.yes[level], trees.no[level]])
            level = below[below >= 0]
        yield levels


class _Part:
    """Some whole trees. Edges are numbered level by level, the two of a split side by side."""

    def __init__(self, trees: Trees, levels: list[IntArray], fields: IntArray) -> None:
        splits = np.concatenate(levels)
        own = np.full(len(trees.column), -1)
        own[splits] = np.arange(len(splits))
        children = np.stack([trees.yes[splits], trees.no[splits]], axis=1).ravel()
        is_leaf = children < 0
        self._step: IntArray = (2 * splits[:, None] + np.array([0, 1])).ravel()
        """`[edges]`: the step of the whole trees that each edge is."""
        self._ends = np.cumsum([0, *(2 * len(level) for level in levels)]).tolist()
        """Where the edges of each level begin."""
        self._field = np.repeat(fields[trees.column[splits]], 2)
        self._above = _above(own, children, is_leaf, len(splits))
        self._last = _last_of_field(self._field, self._above)
        share = trees.share[splits].ravel()
        self._share = self._shares(share)
        self._leaves = np.flatnonzero(is_leaf)
        self._value = trees.value[~children[is_leaf]][:, None]
        self._below = [own[children[low:high][~is_leaf[low:high]]] for low, high in self._levels()]
        """By level the splits below it, as places in this part."""
        self._inner = [low + np.flatnonzero(~is_leaf[low:high]) for low, high in self._levels()]
        points, weights = nodes(self._most_fields())
        self._points, self._weights = np.array(points), np.array(weights)
        self._order = np.argsort(self._field, kind="stable")
        self._fields, self._first = np.unique(self._field[self._order], return_index=True)
        self.work = 8 * len(self._step) * len(points)

    def _levels(self) -> Iterator[tuple[int, int]]:
        return zip(self._ends[:-1], self._ends[1:], strict=True)

    def _shares(self, share: FloatArray) -> FloatArray:
        """`[edges]`: the product of the shares of all edges of this field from the root to this edge."""
        shares = np.maximum(share, LEAST_SHARE)
        for low, high in self._levels():
            last = self._last[low:high]
            shares[low:high] *= np.where(last >= 0, shares[np.maximum(last, 0)], 1.0)
        return np.maximum(shares, LEAST_SHARE)

    def _most_fields(self) -> int:
        """The most fields on a path."""
        count = np.zeros(len(self._step), dtype=np.int64)
        for low, high in self._levels():
            above = self._above[low:high]
            count[low:high] = np.where(above >= 0, count[np.maximum(above, 0)], 0) + (self._last[low:high] < 0)
        return int(count.max())

    def add(self, taken: NDArray[np.uint8], contributions: FloatArray) -> None:
        """Add the values of one row to `[fields]`."""
        holds = taken.take(self._step).astype(np.float64)
        factor = np.empty((len(holds), len(self._points)))
        product = np.empty_like(factor)
        for low, high in self._levels():
            last, above = self._last[low:high], self._above[low:high]
            again = np.flatnonzero(last >= 0)
            holds[low:high][again] *= holds[last[again]]
            gap = holds[low:high] - self._share[low:high]
            np.multiply(gap[:, None], self._points, out=factor[low:high])
            factor[low:high] += self._share[low:high, None]
            product[low:high] = factor[low:high] if low == 0 else factor[low:high] * product[above]
            if len(again):
                product[low:high][again] /= factor[last[again]]
        sums = product
        sums[self._leaves] *= self._value
        for inner, below in zip(self._inner[::-1], self._below[::-1], strict=True):
            sums[inner] = sums[2 * below] + sums[2 * below + 1]
        self._give(holds - self._share, factor, sums, contributions)

    def _give(self, gap: FloatArray, factor: FloatArray, sums: FloatArray, contributions: FloatArray) -> None:
        """Add what each edge's field gets of the leaves below, less what it gets where an edge below counts."""
        given = gap * ((sums / factor) @ self._weights)
        again = np.flatnonzero(self._last >= 0)
        last = self._last[again]
        given[again] -= gap[last] * ((sums[again] / factor[last]) @ self._weights)
        contributions[self._fields] += np.add.reduceat(given[self._order], self._first)


def _above(own: IntArray, children: IntArray, is_leaf: NDArray[np.bool_], splits: int) -> IntArray:
    """`[edges]`: the edge that leads to the split at which an edge begins, -1 at a root."""
    leading = np.full(splits, -1)
    inner = np.flatnonzero(~is_leaf)
    leading[own[children[inner]]] = inner
    return np.repeat(leading, 2)


def _last_of_field(field: IntArray, above: IntArray) -> IntArray:
    """`[edges]`: the next edge above of the same field, -1 if there is none."""
    last = np.full(len(field), -1)
    edges, place = np.arange(len(field)), above
    while len(edges):
        edges, place = edges[place >= 0], place[place >= 0]
        found = field[edges] == field[place]
        last[edges[found]] = place[found]
        edges, place = edges[~found], above[place[~found]]
    return last
