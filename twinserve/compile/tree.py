"""One decision tree as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twinserve.arrays import BoolArray, FloatArray, IntArray
from twinserve.graph.trees import LEQ


@dataclass(frozen=True, eq=False)
class Tree:
    """One tree as arrays over its nodes, root first.

    An inner node sends a row to `yes` where its column is `<= split` (`< split` in the mode LT; or, with
    `members`, where it is one of them), to `no` otherwise; NaN goes to `yes` where `nan_yes`. `value` counts at
    leaves only.
    """

    leaf: BoolArray
    column: IntArray
    split: FloatArray
    yes: IntArray
    no: IntArray
    nan_yes: BoolArray
    value: FloatArray
    mode: int = LEQ
    members: dict[int, FloatArray] | None = None
    cover: FloatArray | None = None
    """The weight of the training rows that reached each node; None where it is not known."""

    @property
    def is_leq(self) -> bool:
        """Whether its splits on numbers are `<=`."""
        return self.mode == LEQ

    @classmethod
    def constant(cls, value: float) -> Tree:
        """A tree of one leaf."""
        zero = np.zeros(1, dtype=np.int64)
        return cls(np.ones(1, bool), zero, np.zeros(1), zero, zero, np.zeros(1, bool), np.array([value]))

    def grown(self) -> Tree:
        """The same tree, where a single leaf is replaced by a split whose two sides are that leaf.

        ONNX Runtime 1.32 evaluates a root without children wrongly where there are other trees: it looks its leaf
        up at the root's position, which may be another tree's leaf.
        """
        if len(self.leaf) > 1:
            return self
        ids = np.array([1, 0, 0])
        never, nothing = np.zeros(3, bool), np.zeros(3, dtype=np.int64)
        value = np.repeat(self.value, 3)
        return Tree(np.array([False, True, True]), nothing, np.zeros(3), ids, 2 * ids, never, value)

    def with_value(self, value: FloatArray) -> Tree:
        """The same splits with other leaves."""
        return replace(self, value=value)

    def shares(self) -> FloatArray | None:
        """`[splits, 2]`: the share of each split's training weight that went to `yes` and to `no`; None where it is not
        known. A split that no row reached counts as even."""
        nodes = np.flatnonzero(~self.leaf)
        if self.cover is None:
            return None if len(nodes) > 1 else np.full((len(nodes), 2), 0.5)  # A constant, grown to two equal leaves.
        whole = self.cover[nodes]
        sides = np.stack([self.cover[self.yes[nodes]], self.cover[self.no[nodes]]], axis=1)
        even = np.full(sides.shape, 0.5)
        shares: FloatArray = np.divide(sides, whole[:, None], out=even, where=whole[:, None] > 0)
        return shares


@dataclass(frozen=True, eq=False)
class Emitted:
    """What became of some trees."""

    tensor: str
    """The tensor that they read, `[n, width]`."""
    width: int
    picks: Sequence[int]
    """The place of each of their columns in that tensor."""
    is_single: bool
    """Is it of single precision?"""
    trees: Sequence[Tree]
    """As they stand in the graph, in its order."""
