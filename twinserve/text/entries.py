"""The entries of a table of terms that are not zero, and what transformers make of their values.

Sums are added entry by entry in the order of the columns, as scikit-learn and SciPy do with their sparse matrices:
`numpy.bincount` adds in that order, where `numpy.sum` would add in pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from twinserve.arrays import FloatArray, IntArray
from twinserve.text.places import places_of


class Entries(NamedTuple):
    """Entries of a table `[n, columns]`, row by row, of each row in the order of its columns."""

    rows: IntArray
    columns: IntArray
    values: FloatArray
    length: int
    """The number of rows."""

    def with_values(self, values: FloatArray) -> Entries:
        """Entries in the same places."""
        return Entries(self.rows, self.columns, values, self.length)

    def sums(self, values: FloatArray) -> FloatArray:
        """`[n]`: the sum of each row of some values of the entries."""
        return np.bincount(self.rows, values, self.length).astype(np.float64, copy=False)


Step = Callable[[Entries], Entries]


def gathered(found: Sequence[Iterable[int]], width: int) -> Entries:
    """How often each column of a table of `width` occurs in each row; the complement of a column (`~column`) counts
    -1."""
    if len(found) == 1:
        return _one_row(found[0])
    listed = [list(row) for row in found]
    lengths = [len(row) for row in listed]
    codes = np.fromiter(chain.from_iterable(listed), np.int64, sum(lengths))
    signs = np.where(codes < 0, -1.0, 1.0)
    cells = np.repeat(np.arange(len(found)), lengths) * width + np.maximum(codes, ~codes)
    cells, places = np.unique(cells, return_inverse=True)
    rows, columns = np.divmod(cells, width)
    return Entries(rows, columns, np.bincount(places, signs, len(cells)).astype(np.float64), len(found))


def _one_row(found: Iterable[int]) -> Entries:
    counts: dict[int, int] = {}
    held = counts.get
    for code in found:
        if code >= 0:
            counts[code] = held(code, 0) + 1
        else:
            counts[~code] = held(~code, 0) - 1
    columns = sorted(counts)
    values = np.array([counts[column] for column in columns], dtype=np.float64)
    return Entries(np.zeros(len(columns), dtype=np.int64), np.array(columns, dtype=np.int64), values, 1)


def ones(entries: Entries) -> Entries:
    """1 for each value."""
    return entries.with_values(np.ones(len(entries.values)))


def logarithm(entries: Entries) -> Entries:
    """`log(value) + 1`."""
    return entries.with_values(np.log(entries.values) + 1.0)


def l1(entries: Entries) -> Entries:
    """Each value over the sum of the magnitudes in its row."""
    return _divided(entries, entries.sums(np.abs(entries.values)))


def l2(entries: Entries) -> Entries:
    """Each value over the root of the sum of squares in its row."""
    return _divided(entries, np.sqrt(entries.sums(entries.values * entries.values)))


def _divided(entries: Entries, norms: FloatArray) -> Entries:
    """Each value over the norm of its row; where that is 0, all its values are."""
    if entries.length == 1:
        norm = norms.item()
        return entries if norm == 0.0 else entries.with_values(entries.values / norm)
    norms = np.where(norms == 0.0, 1.0, norms)
    return entries.with_values(entries.values / norms[entries.rows])


def times(factors: FloatArray) -> Step:
    """Each value times the factor of its column, or all times one."""
    if factors.size == 1:
        factor = factors.item()
        return lambda entries: entries.with_values(entries.values * factor)
    return lambda entries: entries.with_values(entries.values * factors[entries.columns])


def above(threshold: float) -> Step:
    """1 where a value is greater, 0 elsewhere."""
    return lambda entries: entries.with_values((entries.values > threshold).astype(np.float64))


def selected(kept: IntArray, width: int) -> Step:
    """The columns `kept` of a table of `width`, in their order."""
    places = places_of(kept, range(len(kept)), width)
    rises = bool((np.diff(kept) > 0).all())

    def select(entries: Entries) -> Entries:
        columns = places(entries.columns)
        held = columns >= 0
        rows, columns, values = entries.rows[held], columns[held], entries.values[held]
        if not rises:
            order = np.lexsort((columns, rows))
            rows, columns, values = rows[order], columns[order], values[order]
        return Entries(rows, columns, values, entries.length)

    return select
