"""All trees of a model that add to one output, as one table of splits and one of leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twinserve.arrays import BoolArray, FloatArray, IntArray
from twinserve.graph.trees import MEMBER


@dataclass(frozen=True, eq=False)
class Trees:
    """n splits and m leaves. A child is a split's number, or `~leaf`: the complement of a leaf's number.

    A split compares one column of a table: `yes` is taken where it is `<= limit` (`< limit` where `kind` is LT; where
    it is MEMBER, if it is one of `members[split]`), and where it is null if `null_yes`.
    """

    column: IntArray
    limit: FloatArray
    kind: IntArray
    null_yes: BoolArray
    members: Sequence[FloatArray]
    """The values of each split that is MEMBER, in the order of the splits."""
    yes: IntArray
    no: IntArray
    share: FloatArray
    """`[n, 2]`: the share of the training weight at the split that went to `yes`, and to `no`."""
    roots: IntArray
    value: FloatArray
    """`[m]`: what each leaf adds to the output."""

    def of_roots(self, roots: IntArray) -> Trees:
        """Some of the trees, without the splits and leaves of the others."""
        reached, level = [np.zeros(0, np.int64)], roots
        while len(level):
            reached.append(level)
            level = np.concatenate([self.yes[level], self.no[level]])
            level = level[level >= 0]
        splits = np.sort(np.concatenate(reached))
        below = np.concatenate([self.yes[splits], self.no[splits]])
        leaves = np.unique(~below[below < 0])
        is_set = self.kind == MEMBER
        sets = np.cumsum(is_set) - 1

        def moved(children: IntArray) -> IntArray:
            at_leaf = np.searchsorted(leaves, ~np.minimum(children, -1))
            return np.where(children >= 0, np.searchsorted(splits, children), ~at_leaf)

        return Trees(
            column=self.column[splits],
            limit=self.limit[splits],
            kind=self.kind[splits],
            null_yes=self.null_yes[splits],
            members=[self.members[i] for i in sets[splits[is_set[splits]]].tolist()],
            yes=moved(self.yes[splits]),
            no=moved(self.no[splits]),
            share=self.share[splits],
            roots=np.searchsorted(splits, roots),
            value=self.value[leaves],
        )

    def with_leaves(self, leaves: IntArray) -> Trees:
        """The same trees; all other leaves are 0."""
        value = np.zeros(len(self.value))
        value[leaves] = self.value[leaves]
        return replace(self, value=value)

    def expectation(self) -> float:
        """The mean of the leaves, each weighted by the shares of training weight on its path."""
        weight, total = np.zeros(len(self.column)), 0.0
        weight[self.roots] = 1.0
        level = self.roots
        while len(level):
            below: list[IntArray] = []
            for side, children in enumerate((self.yes, self.no)):
                reached, at = weight[level] * self.share[level, side], children[level]
                total += float(reached[at < 0] @ self.value[~at[at < 0]])
                weight[at[at >= 0]] = reached[at >= 0]
                below.append(at[at >= 0])
            level = np.concatenate(below)
        return total

    def path_lengths(self) -> int:
        """The splits on the paths from the roots to the leaves, those of all leaves added up."""
        total, depth, level = 0, 1, self.roots
        while len(level):
            below = np.concatenate([self.yes[level], self.no[level]])
            level = below[below >= 0]
            total += depth * (len(below) - len(level))
            depth += 1
        return total

    @staticmethod
    def concatenate(parts: Sequence[Trees]) -> Trees:
        """All trees of one or more parts."""
        if len(parts) == 1:
            return parts[0]
        splits = np.cumsum([0, *(len(part.column) for part in parts)])[:-1].tolist()
        leaves = np.cumsum([0, *(len(part.value) for part in parts)])[:-1].tolist()

        def joined(children: Sequence[IntArray]) -> IntArray:
            moved = [
                np.where(ids >= 0, ids + split, ids - leaf)
                for ids, split, leaf in zip(children, splits, leaves, strict=True)
            ]
            return np.concatenate(moved)

        return Trees(
            column=np.concatenate([part.column for part in parts]),
            limit=np.concatenate([part.limit for part in parts]),
            kind=np.concatenate([part.kind for part in parts]),
            null_yes=np.concatenate([part.null_yes for part in parts]),
            members=[held for part in parts for held in part.members],
            yes=joined([part.yes for part in parts]),
            no=joined([part.no for part in parts]),
            share=np.concatenate([part.share for part in parts]),
            roots=joined([part.roots for part in parts]),
            value=np.concatenate([part.value for part in parts]),
        )


@dataclass(frozen=True, eq=False)
class Parents:
    """The way up from each split and each leaf."""

    of_split: IntArray
    """`[n]`: twice the number of the split above, plus 1 where this one is on its `no` side; -1 for a root."""
    of_leaf: IntArray
    """`[m]`: the same for leaves."""

    @classmethod
    def of(cls, trees: Trees) -> Parents:
        """The parents of all splits and leaves."""
        of_split, of_leaf = np.full(len(trees.column), -1), np.full(len(trees.value), -1)
        numbers = np.arange(len(trees.column))
        for side, children in enumerate((trees.yes, trees.no)):
            inner = children >= 0
            of_split[children[inner]] = 2 * numbers[inner] + side
            of_leaf[~children[~inner]] = 2 * numbers[~inner] + side
        return cls(of_split, of_leaf)

    def paths(self, first: IntArray) -> tuple[IntArray, IntArray]:
        """The steps from each of some places up to its root: the place's number in `first`, and the step.

        A step is twice a split's number, plus 1 for its `no` side; `first` holds the last step of each path, or -1."""
        items, steps = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        place, step = np.flatnonzero(first >= 0), first[first >= 0]
        while len(step):
            items.append(place)
            steps.append(step)
            above = self.of_split[step >> 1]
            place, step = place[above >= 0], above[above >= 0]
        return np.concatenate(items), np.concatenate(steps)
