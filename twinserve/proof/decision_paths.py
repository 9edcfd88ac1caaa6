"""The decision paths of a pipeline's trees: where they split, and which real rows reach each split.

A split deep in a tree is reached by few rows, so a row that tests it must start from one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from twinserve.arrays import BoolArray, FloatArray, IntArray
from twinserve.estimators.categories import as_codes

Transform = Callable[[Any], Any]


@dataclass(frozen=True)
class TracedTree:
    """One fitted tree, as arrays over its nodes, the root first."""

    left: IntArray
    right: IntArray
    columns: IntArray
    """`[nodes]`: the column of the trees' input that a node compares; of a leaf it means nothing."""
    thresholds: FloatArray
    null_left: BoolArray
    is_leaf: BoolArray
    members: Mapping[int, FloatArray]
    """The codes of the categories that go left, for each node that splits on a category."""
    narrow: bool
    """Whether the tree rounds its input to float32."""

    def goes_left(self, node: int, values: FloatArray) -> BoolArray:
        """`[values]`: whether a node sends each of these values of its column to the left."""
        chosen: BoolArray = rounded(values, narrow=self.narrow) <= self.thresholds[node]
        if node in self.members:
            chosen = np.isin(np.floor(values), self.members[node])
        return np.where(np.isnan(values), self.null_left[node], chosen)

    def numeric_splits(self) -> IntArray:
        """The nodes that split on a number."""
        numeric = ~self.is_leaf
        numeric[list(self.members)] = False
        return np.flatnonzero(numeric)


@dataclass(frozen=True)
class TracedTrees:
    """All trees that have the same input, and their splits on a number."""

    transform: Transform
    """From the pipeline's table to the trees' input."""
    trees: Sequence[TracedTree]
    owners: IntArray
    """`[splits]`: the tree of a split."""
    nodes: IntArray
    """`[splits]`: its node in the tree."""
    columns: IntArray
    """`[splits]`: the column of the trees' input that it compares."""
    thresholds: FloatArray
    """`[splits]`."""
    narrow: bool
    """Whether these trees round their input to float32."""

    @classmethod
    def of(cls, transform: Transform, trees: Sequence[TracedTree]) -> Self:
        """Trees that have the same input and the same kind of split."""
        splits = [tree.numeric_splits() for tree in trees]
        return cls(
            transform,
            trees,
            owners=np.repeat(np.arange(len(trees)), [len(nodes) for nodes in splits]),
            nodes=np.concatenate(splits),
            columns=np.concatenate([tree.columns[nodes] for tree, nodes in zip(trees, splits, strict=True)]),
            thresholds=np.concatenate([tree.thresholds[nodes] for tree, nodes in zip(trees, splits, strict=True)]),
            narrow=trees[0].narrow,
        )

    def first_rows(self, splits: IntArray, x: FloatArray) -> IntArray:
        """For each of these splits the first row of the trees' input `x` that reaches it, -1 where none does."""
        rows = np.full(len(splits), -1, dtype=np.int64)
        for owner in np.unique(self.owners[splits]).tolist():
            here = np.flatnonzero(self.owners[splits] == owner)
            nodes = self.nodes[splits[here]]
            first = _first_rows(self.trees[owner], nodes.tolist(), x)
            rows[here] = [first.get(node, -1) for node in nodes.tolist()]
        return rows


def rounded(values: FloatArray, *, narrow: bool) -> FloatArray:
    """Numbers as a tree compares them: rounded to float32 where it is `narrow`."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32).astype(np.float64) if narrow else values


def dense(x: Any) -> FloatArray:
    """A step's output as a matrix of doubles, a category as its code."""
    x = as_codes(x)
    return np.asarray(x.toarray() if hasattr(x, "toarray") else x, dtype=np.float64)


def _first_rows(tree: TracedTree, nodes: Iterable[int], x: FloatArray) -> dict[int, int]:
    """The first row of `x` that reaches each of the nodes; a node that none reaches is left out."""
    parents = np.full(len(tree.left), -1, dtype=np.int64)
    splits = np.flatnonzero(~tree.is_leaf)
    parents[tree.left[splits]] = parents[tree.right[splits]] = splits
    on_paths: set[int] = set()
    for node in nodes:
        while node >= 0 and node not in on_paths:
            on_paths.add(node)
            node = int(parents[node])  # Up to the root.
    first: dict[int, int] = {}
    waiting = [(0, np.arange(len(x)))]
    while waiting:
        node, rows = waiting.pop()
        if node in on_paths and len(rows):
            first[node] = int(rows[0])
            left = tree.goes_left(node, x[rows, tree.columns[node]])
            waiting += [(int(tree.left[node]), rows[left]), (int(tree.right[node]), rows[~left])]
    return first
