"""One decision tree as arrays, and the kinds of comparison that its nodes make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twinserve.arrays import BoolArray, FloatArray, IntArray

LEQ, LT, MEMBER = 0, 1, 6


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
        return Tree(
            self.leaf,
            self.column,
            self.split,
            self.yes,
            self.no,
            self.nan_yes,
            value,
            self.mode,
            self.members,
        )
