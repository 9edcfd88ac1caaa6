"""Trees as the proof sees them: where they split, and which real rows come there.

A split deep in a tree decides about few rows; whoever wants to see it decide must bring one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from twinserve.arrays import BoolArray, FloatArray, IntArray

Transform = Callable[[Any], Any]


@dataclass(frozen=True)
class Tree:
    """One tree, as arrays over its nodes; the first is the root."""

    left: IntArray
    right: IntArray
    columns: IntArray
    """The column of the trees' input that a node looks at; of a leaf it means nothing."""
    thresholds: FloatArray
    null_left: BoolArray
    is_leaf: BoolArray
    members: Mapping[int, FloatArray]
    """The codes of categories that go left, by node, where a node looks at a category."""
    narrow: bool

    def goes_left(self, node: int, values: FloatArray) -> BoolArray:
        """Which of these values of its column a node sends to the left."""
        chosen: BoolArray = seen(values, narrow=self.narrow) <= self.thresholds[node]
        if node in self.members:
            chosen = np.isin(np.floor(values), self.members[node])
        return np.where(np.isnan(values), self.null_left[node], chosen)

    def by_number(self) -> IntArray:
        """The nodes that look at a number."""
        asks = ~self.is_leaf
        asks[list(self.members)] = False
        return np.flatnonzero(asks)


@dataclass(frozen=True)
class Trees:
    """All the trees that look at one and the same input, and their splits by a number."""

    transform: Transform
    """From the pipeline's table to the trees' input."""
    trees: Sequence[Tree]
    owners: IntArray
    """`[splits]`: the tree of a split."""
    nodes: IntArray
    """`[splits]`: its node in the tree."""
    columns: IntArray
    """`[splits]`: the column of the trees' input that it looks at."""
    thresholds: FloatArray
    """`[splits]`."""
    narrow: bool
    """Do these trees see their input as float32?"""

    @classmethod
    def of(cls, transform: Transform, trees: Sequence[Tree]) -> Self:
        """Trees that look at one input, all of one kind."""
        splits = [tree.by_number() for tree in trees]
        return cls(
            transform,
            trees,
            owners=np.repeat(np.arange(len(trees)), [len(nodes) for nodes in splits]),
            nodes=np.concatenate(splits),
            columns=np.concatenate([tree.columns[nodes] for tree, nodes in zip(trees, splits, strict=True)]),
            thresholds=np.concatenate([tree.thresholds[nodes] for tree, nodes in zip(trees, splits, strict=True)]),
            narrow=trees[0].narrow,
        )

    def visitors(self, splits: IntArray, x: FloatArray) -> IntArray:
        """For each of these splits the first row of the trees' input that comes to it, -1 where none does."""
        found = np.full(len(splits), -1, dtype=np.int64)
        for owner in np.unique(self.owners[splits]).tolist():
            here = np.flatnonzero(self.owners[splits] == owner)
            nodes = self.nodes[splits[here]]
            first = _first_rows(self.trees[owner], nodes.tolist(), x)
            found[here] = [first.get(node, -1) for node in nodes.tolist()]
        return found


def seen(values: FloatArray, *, narrow: bool) -> FloatArray:
    """Numbers as a tree sees them."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32).astype(np.float64) if narrow else values


def dense(x: Any) -> FloatArray:
    """A step's output as a matrix of doubles."""
    return np.asarray(x.toarray() if hasattr(x, "toarray") else x, dtype=np.float64)


def _first_rows(tree: Tree, nodes: Iterable[int], x: FloatArray) -> dict[int, int]:
    """The first row that comes to each of the nodes; a node that none comes to is left out."""
    parents = np.full(len(tree.left), -1, dtype=np.int64)
    splits = np.flatnonzero(~tree.is_leaf)
    parents[tree.left[splits]] = parents[tree.right[splits]] = splits
    on_the_way: set[int] = set()
    for node in nodes:
        while node >= 0 and node not in on_the_way:
            on_the_way.add(node)
            node = int(parents[node])  # Up to the root.
    found: dict[int, int] = {}
    waiting = [(0, np.arange(len(x)))]
    while waiting:
        node, rows = waiting.pop()
        if node in on_the_way and len(rows):
            found[node] = int(rows[0])
            left = tree.goes_left(node, x[rows, tree.columns[node]])
            waiting += [(int(tree.left[node]), rows[left]), (int(tree.right[node]), rows[~left])]
    return found
