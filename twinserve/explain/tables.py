"""Tables of Shapley values for parts of trees, so that a row needs one lookup for each part.

A part is a split with everything below it, or a single leaf. What its leaves give to the fields depends on few bits of
the row: one for each field that the path above it asks about, and one for each of its splits. For each pattern of these
bits the table holds the sum over the leaves. The largest parts are taken whose tables fit into the memory, as one
lookup then serves many leaves: of a forest of 200 trees with 4,300 leaves they are 804, and 14 MB.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twinserve.arrays import FloatArray, IntArray
from twinserve.explain.conditions import Conditions
from twinserve.explain.quadrature import leaf_values
from twinserve.explain.trees import Parents, Trees

MOST_BITS: Final = 10
LEAST_BITS: Final = 4
MOST_SPLITS: Final = 20_000
"""Splits of all trees for which tables are made: for more that takes seconds, and few of them would fit into memory."""
MOST_STEPS: Final = 2_000_000
"""Splits on the paths to all leaves, each of which is held while the tables are made: of trees that are as deep as they
may be they would take gigabytes."""


@dataclass(frozen=True, eq=False)
class Sizes:
    """For each split and each leaf, splits first, what a table for it and what is below it would take."""

    bits: IntArray
    fields: IntArray
    """The number of fields that it concerns."""


def sizes(trees: Trees, fields: IntArray) -> Sizes:
    """The sizes of all splits and leaves. Sets of fields are Python integers, one bit for each field."""
    count, leaves = len(trees.column), len(trees.value)
    asked = [1 << field for field in fields[trees.column].tolist()]
    yes, no = trees.yes.tolist(), trees.no.tolist()
    above, below, splits = [0] * count, [0] * count, [0] * count
    above_leaf = [0] * leaves
    order = trees.roots.tolist()
    for split in order:  # Grows while it is read, so that a split comes before those below it.
        path = above[split] | asked[split]
        for child in (yes[split], no[split]):
            if child >= 0:
                above[child] = path
                order.append(child)
            else:
                above_leaf[~child] = path
    for split in reversed(order):
        children = [child for child in (yes[split], no[split]) if child >= 0]
        below[split] = asked[split]
        for child in children:
            below[split] |= below[child]
        splits[split] = 1 + sum(splits[child] for child in children)
    bits = [path.bit_count() + number for path, number in zip(above, splits, strict=True)]
    concerned = [(path | under).bit_count() for path, under in zip(above, below, strict=True)]
    of_leaves = [path.bit_count() for path in above_leaf]
    return Sizes(np.array(bits + of_leaves), np.array(concerned + of_leaves))


def parts(parents: Parents, size: Sizes, memory: int) -> IntArray:
    """The splits and leaves (`splits + leaf`) that get a table: together they cover as many leaves as fit."""
    most = MOST_BITS
    while True:
        chosen, taken = _largest(parents, size, most)
        if taken.sum() <= memory or most == LEAST_BITS:
            return chosen[np.cumsum(taken) <= memory]
        most -= 1


def _largest(parents: Parents, size: Sizes, most: int) -> tuple[IntArray, IntArray]:
    """The largest parts of at most so many bits, and the bytes of their tables."""
    above = np.concatenate([parents.of_split, parents.of_leaf]) >> 1
    fits = size.bits <= most
    chosen = np.flatnonzero(fits & ((above < 0) | ~fits[above]))
    return chosen, 8 * size.fields[chosen] << size.bits[chosen]


def uncovered(parents: Parents, chosen: IntArray) -> IntArray:
    """The leaves that belong to none of these parts."""
    splits = len(parents.of_split)
    is_part = np.zeros(splits + len(parents.of_leaf), dtype=bool)
    is_part[chosen] = True
    left = np.flatnonzero(~is_part[splits:])
    above = parents.of_leaf[left] >> 1
    while True:
        waits = above >= 0
        is_covered = np.zeros(len(left), dtype=bool)
        is_covered[waits] = is_part[above[waits]]
        left, above = left[~is_covered], above[~is_covered]
        if (above < 0).all():
            return left
        above = np.where(above >= 0, parents.of_split[above] >> 1, -1)


class Tables:
    """The tables of some parts of trees."""

    def __init__(self, trees: Trees, fields: IntArray, parents: Parents, chosen: IntArray) -> None:
        """`chosen` are splits and leaves as `parts` gives them; `fields` by column."""
        splits = len(trees.column)
        steps = np.concatenate([parents.of_split, parents.of_leaf])
        self.conditions = Conditions.of(trees, fields, parents, steps[chosen])
        """The conditions on the paths above the parts; `place` is a part's position in `chosen`."""
        maker = _Maker(trees, fields, parents)
        first, last = (
            np.searchsorted(self.conditions.place, np.arange(len(chosen)), side) for side in ("left", "right")
        )
        made = [
            maker.part(part, self.conditions.field[low:high].tolist(), splits)
            for part, low, high in zip(chosen.tolist(), first.tolist(), last.tolist(), strict=True)
        ]
        widths = np.array([len(part.fields) for part in made])
        lengths = np.array([part.values.size for part in made])
        self._values = np.concatenate([part.values.ravel() for part in made])
        self._start, self._width = np.cumsum(lengths) - lengths, widths
        self._bits = self._sources(made, first, splits)
        element = np.repeat(np.arange(len(made)), widths)
        place = np.arange(len(element)) - np.repeat(np.cumsum(widths) - widths, widths)
        field = np.array([field for part in made for field in part.fields], dtype=np.int64)
        order = np.argsort(field, kind="stable")
        self._element, self._place = element[order], place[order]
        self.fields, self._first = np.unique(field[order], return_index=True)
        """The fields that get something, ascending."""

    def _sources(self, made: list[_Part], first: IntArray, splits: int) -> IntArray:
        """`[parts * bytes * 8]`: where each bit of a part's pattern is found among steps, conditions and a last 0."""
        most = max(len(part.splits) + part.conditions for part in made)
        self._bytes = 1 if most <= 8 else 2
        never = 2 * splits + len(self.conditions.start)
        sources = np.full((len(made), 8 * self._bytes), never)
        for row, part, low in zip(sources, made, first.tolist(), strict=True):
            row[: part.conditions] = 2 * splits + low + np.arange(part.conditions)
            row[part.conditions : part.conditions + len(part.splits)] = 2 * np.array(part.splits, dtype=np.int64)
        return sources.ravel()

    def add(self, taken: NDArray[np.uint8], contributions: FloatArray) -> None:
        """Add what the parts give to `[rows, fields]`, from the steps that each row takes, `[rows, 2 * splits]`."""
        rows = len(taken)
        known = np.concatenate([taken, self.conditions.hold(taken), np.zeros((rows, 1), dtype=np.uint8)], axis=1)
        packed = np.packbits(known.take(self._bits, axis=1), axis=1, bitorder="little")
        pattern = packed if self._bytes == 1 else packed.view("<u2")
        at = self._start + pattern * self._width
        values = self._values.take(at.take(self._element, axis=1) + self._place)
        contributions[:, self.fields] += np.add.reduceat(values, self._first, axis=1)


@dataclass(frozen=True, eq=False)
class _Part:
    conditions: int
    """The number of conditions above it, the first bits of its pattern."""
    splits: list[int]
    """The other bits: is it yes at this split?"""
    fields: list[int]
    values: FloatArray
    """`[patterns, fields]`"""


class _Maker:
    """Makes the table of one part after the other."""

    def __init__(self, trees: Trees, fields: IntArray, parents: Parents) -> None:
        self._trees, self._yes, self._no = trees, trees.yes.tolist(), trees.no.tolist()
        leaves = Conditions.of(trees, fields, parents, parents.of_leaf)
        self._first = np.searchsorted(leaves.place, np.arange(len(trees.value) + 1)).tolist()
        self._field, self._share = leaves.field.tolist(), leaves.share
        self._step = [part.tolist() for part in np.split(leaves.step, leaves.start[1:])]

    def part(self, part: int, above: list[int], splits: int) -> _Part:
        """The table of a split (or, from `splits` on, of a leaf); `above` are the fields of the conditions above it."""
        inside, leaves = ([], [part - splits]) if part >= splits else self._below(part)
        bits = [*range(len(above)), *range(len(above), len(above) + len(inside))]
        bit_of_field = dict(zip(above, bits, strict=False))
        bit_of_split = dict(zip(inside, bits[len(above) :], strict=True))
        fields = sorted({field for leaf in leaves for field in self._field[self._first[leaf] : self._first[leaf + 1]]})
        column = {field: place for place, field in enumerate(fields)}
        values = np.zeros((1 << len(bits), len(fields)))
        known = _patterns(len(bits))
        for leaf in leaves:
            first, last = self._first[leaf], self._first[leaf + 1]
            index = np.zeros(len(values), dtype=np.int64)
            for k, condition in enumerate(range(first, last)):
                above_bit = bit_of_field.get(self._field[condition])
                holds = np.ones(len(values), dtype=np.uint8) if above_bit is None else known[above_bit]
                for step in self._step[condition]:
                    bit = bit_of_split.get(step >> 1)
                    if bit is not None:
                        holds = holds & (known[bit] ^ (step & 1))
                index |= holds.astype(np.int64) << k
            places = [column[field] for field in self._field[first:last]]
            values[:, places] += self._leaf(leaf, first, last).take(index, axis=0)
        return _Part(len(above), inside, fields, values)

    def _leaf(self, leaf: int, first: int, last: int) -> FloatArray:
        """`[patterns, conditions]`: what one leaf gives to the fields of its conditions."""
        holds = _patterns(last - first).T.astype(np.float64)
        return float(self._trees.value[leaf]) * leaf_values(holds, self._share[first:last])

    def _below(self, split: int) -> tuple[list[int], list[int]]:
        """The splits from this one down, and the leaves below it."""
        splits, leaves = [split], list[int]()
        for inner in splits:
            for child in (self._yes[inner], self._no[inner]):
                (splits if child >= 0 else leaves).append(child if child >= 0 else ~child)
        return splits, leaves


@cache
def _patterns(bits: int) -> NDArray[np.uint8]:
    """`[bits, 2 ** bits]`: each bit of every pattern."""
    patterns: NDArray[np.uint8] = ((np.arange(1 << bits) >> np.arange(bits)[:, None]) & 1).astype(np.uint8)
    return patterns
