"""The trees inside a fitted pipeline: where they split, and which real rows come there.

A split deep in a tree decides about few rows; whoever wants to see it decide must bring one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.signature import FloatArray

Transform = Callable[[Any], Any]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]
BITS: Final = 32
"""A set of categories is kept as numbers of so many bits."""


@dataclass(frozen=True)
class Tree:
    """One tree, as arrays over its nodes; the first is the root."""

    left: Integers
    right: Integers
    columns: Integers
    """The column of the trees' input that a node looks at; of a leaf it means nothing."""
    thresholds: FloatArray
    null_left: Mask
    is_leaf: Mask
    left_bits: Sequence[NDArray[np.uint32] | None]
    """Which categories go left, at a node that looks at a category; None at any other."""
    narrow: bool

    def goes_left(self, node: int, values: FloatArray) -> Mask:
        """Which of these values of its column a node sends to the left."""
        bits = self.left_bits[node]
        if bits is None:
            chosen: Mask = seen(values, narrow=self.narrow) <= self.thresholds[node]
        else:
            codes = np.nan_to_num(values).astype(np.int64)
            chosen = (bits[codes // BITS] >> (codes % BITS).astype(np.uint32)) % 2 == 1
        return np.where(np.isnan(values), self.null_left[node], chosen)


@dataclass(frozen=True)
class Trees:
    """All the trees that look at one and the same input, and their splits by a number."""

    transform: Transform
    """From the pipeline's table to the trees' input."""
    trees: Sequence[Tree]
    owners: Integers
    """`[splits]`: the tree of a split."""
    nodes: Integers
    """`[splits]`: its node in the tree."""
    columns: Integers
    """`[splits]`: the column of the trees' input that it looks at."""
    thresholds: FloatArray
    """`[splits]`."""
    narrow: bool
    """Do these trees see their input as float32?"""

    def visitors(self, splits: Integers, x: FloatArray) -> Integers:
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


def find_trees(pipeline: Any) -> Iterator[Trees]:
    """The trees of the pipeline's last step, those inside an ensemble included."""
    steps = [step for _, step in getattr(pipeline, "steps", [("", pipeline)])]
    before: Transform = pipeline[:-1].transform if len(steps) > 1 else _as_it_is
    plain: list[Tree] = []
    for member, picks in _members(steps[-1], None):
        if hasattr(member, "tree_"):
            plain.append(_plain(member.tree_, picks))
        elif hasattr(member, "_predictors"):
            yield _boosted(member, before)
    if plain:
        yield _together(before, plain)


def _together(transform: Transform, trees: Sequence[Tree]) -> Trees:
    splits = [
        np.flatnonzero(~tree.is_leaf & np.array([bits is None for bits in tree.left_bits], dtype=bool))
        for tree in trees
    ]
    return Trees(
        transform,
        trees,
        owners=np.repeat(np.arange(len(trees)), [len(nodes) for nodes in splits]),
        nodes=np.concatenate(splits),
        columns=np.concatenate([tree.columns[nodes] for tree, nodes in zip(trees, splits, strict=True)]),
        thresholds=np.concatenate([tree.thresholds[nodes] for tree, nodes in zip(trees, splits, strict=True)]),
        narrow=trees[0].narrow,
    )


def _as_it_is(table: Any) -> Any:
    return table


def _plain(tree: Any, picks: Integers | None) -> Tree:
    columns = np.maximum(tree.feature, 0)
    return Tree(
        left=tree.children_left,
        right=tree.children_right,
        columns=columns if picks is None else picks[columns],
        thresholds=tree.threshold,
        null_left=np.asarray(tree.missing_go_to_left, dtype=bool),
        is_leaf=tree.feature < 0,
        left_bits=[None] * len(columns),
        narrow=True,
    )


def _boosted(member: Any, before: Transform) -> Trees:
    inner = member._preprocessor
    transform = before if inner is None else lambda table: inner.transform(before(table))
    return _together(transform, [_boosted_tree(tree) for trees in member._predictors for tree in trees])


def _boosted_tree(tree: Any) -> Tree:
    nodes, bits = tree.nodes, tree.raw_left_cat_bitsets
    return Tree(
        left=nodes["left"].astype(np.int64),
        right=nodes["right"].astype(np.int64),
        columns=nodes["feature_idx"].astype(np.int64),
        thresholds=nodes["num_threshold"],
        null_left=nodes["missing_go_to_left"].astype(bool),
        is_leaf=nodes["is_leaf"].astype(bool),
        left_bits=[bits[node["bitset_idx"]] if node["is_categorical"] else None for node in nodes],
        narrow=False,
    )


def _members(estimator: Any, picks: Integers | None) -> Iterator[tuple[Any, Integers | None]]:
    """An estimator and all inside it, each with the columns of the input that it looks at (None: all)."""
    yield estimator, picks
    for name in ("estimators_", "calibrated_classifiers_", "estimator_", "estimator"):
        inner = getattr(estimator, name, None)
        if hasattr(inner, "predict") or isinstance(inner, (list, np.ndarray)):
            members = np.ravel(np.array(inner, dtype=object)).tolist()
            chosen = getattr(estimator, "estimators_features_", [None] * len(members))  # Bagging draws columns, too.
            for one, own in zip(members, chosen, strict=False):
                yield from _members(one, picks if own is None else own if picks is None else picks[own])


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
