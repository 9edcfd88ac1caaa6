"""Trees as one `TreeEnsemble` node of `ai.onnx.ml` opset 5, in double precision or, as XGBoost computes, in single.

ONNX Runtime adds a row's leaves tree by tree, in the order of the roots, starting at 0.0. So with the trees
in scikit-learn's order, and a starting value as a first tree of one leaf, the sum is equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from onnx import numpy_helper

from twinserve.arrays import IntArray
from twinserve.compile.analysis.threshold_pushdown import push_to_input
from twinserve.compile.blocks import Block
from twinserve.compile.graph import Graph
from twinserve.compile.sparse import real
from twinserve.compile.tree import Emitted, Tree
from twinserve.errors import CannotCompile
from twinserve.graph.trees import MEMBER

MAX_NODES = 8_000_000
"""The largest number of nodes, leaves included, that one graph may hold: twice those of a default forest of 1,000 trees
on 50,000 rows of two classes, whose figures `python -m bench.forests` writes into docs/models.md. With twice as many a
version's files come to 0.9 GB, just under what a server opens (`bounds.ARTIFACT`), and a worker to about 1.6 GB."""


def emit(
    graph: Graph, block: Block, trees: Sequence[tuple[int, Tree]], targets: int, dtype: npt.DTypeLike = np.float64
) -> str:
    """`[n, targets]`: for each target the sum of its trees' leaves, in this order.

    `dtype` is that of the block's tensor; splits and sums are in it, too. Raises CannotCompile where
    there are more than MAX_NODES nodes.
    """
    total = sum(len(tree.leaf) for _, tree in trees)
    if total > MAX_NODES:
        raise CannotCompile(f"trees: {total} nodes are more than the {MAX_NODES} that one graph may hold")
    block = real(graph, block, _used(trees))
    if dtype == np.float64:
        block, trees = push_to_input(graph, block, trees)
    inner, leaves = _Rows(), _Rows()
    roots: list[int] = []
    grown = [tree.grown() for _, tree in trees]
    for tree, (target, _) in zip(grown, trees, strict=True):
        roots.append(inner.length)
        _append(inner, leaves, tree, target)
    picks = np.array(block.picks or [0], dtype=np.int64)
    attributes = _attributes(inner, leaves, roots, picks, targets, dtype)
    sums = graph.op("TreeEnsemble", block.tensor, domain="ai.onnx.ml", **attributes)
    graph.emitted[sums] = Emitted(block.tensor, block.width, block.picks, dtype == np.float32, grown)
    return sums


def _used(trees: Sequence[tuple[int, Tree]]) -> set[int]:
    return {column for _, tree in trees for column in np.unique(tree.column[~tree.leaf]).tolist()}


class _Rows:
    """Columns of a growing table."""

    def __init__(self) -> None:
        self.length = 0
        self._parts: dict[str, list[npt.NDArray[np.generic]]] = {}

    def append(self, length: int, **columns: npt.NDArray[np.generic]) -> None:
        self.length += length
        for name, part in columns.items():
            self._parts.setdefault(name, []).append(part)

    def __getitem__(self, name: str) -> npt.NDArray[np.generic]:
        return np.concatenate(self._parts[name])


def _append(inner: _Rows, leaves: _Rows, tree: Tree, target: int) -> None:
    """Append a tree's inner nodes and leaves, numbered after those already there."""
    at_leaf = tree.leaf
    number = np.where(at_leaf, leaves.length + np.cumsum(at_leaf) - 1, inner.length + np.cumsum(~at_leaf) - 1)
    splits = np.flatnonzero(~at_leaf)
    yes, no = tree.yes[splits], tree.no[splits]
    modes = np.full(len(splits), tree.mode, dtype=np.uint8)
    members = [np.empty(0)]
    if tree.members:
        modes[np.isin(splits, list(tree.members))] = MEMBER
        members = [np.append(tree.members[i], np.nan) for i in splits.tolist() if i in tree.members]
    inner.append(
        len(splits), column=tree.column[splits], split=tree.split[splits], mode=modes, nan=tree.nan_yes[splits],
        yes=number[yes], yes_leaf=at_leaf[yes], no=number[no], no_leaf=at_leaf[no],
        members=np.concatenate(members),
    )  # fmt: skip
    weights = tree.value[at_leaf]
    leaves.append(len(weights), weight=weights, target=np.full(len(weights), target, dtype=np.int64))


def _attributes(
    inner: _Rows, leaves: _Rows, roots: list[int], picks: IntArray, targets: int, dtype: npt.DTypeLike
) -> dict[str, object]:
    """The operator's attributes; lists hold Python integers, as protobuf needs them."""

    def ints(values: npt.NDArray[np.generic]) -> list[int]:
        listed: list[int] = values.astype(np.int64).tolist()
        return listed

    attributes: dict[str, object] = {
        "n_targets": targets,
        "tree_roots": roots,
        "nodes_featureids": ints(picks[inner["column"].astype(np.int64)]),
        "nodes_splits": numpy_helper.from_array(inner["split"].astype(dtype), "splits"),
        "nodes_modes": numpy_helper.from_array(inner["mode"].astype(np.uint8), "modes"),
        "nodes_truenodeids": ints(inner["yes"]),
        "nodes_trueleafs": ints(inner["yes_leaf"]),
        "nodes_falsenodeids": ints(inner["no"]),
        "nodes_falseleafs": ints(inner["no_leaf"]),
        "leaf_weights": numpy_helper.from_array(leaves["weight"].astype(dtype), "weights"),
        "leaf_targetids": ints(leaves["target"]),
    }
    if inner["nan"].any():
        attributes["nodes_missing_value_tracks_true"] = ints(inner["nan"])
    members = inner["members"]
    if members.size:
        attributes["membership_values"] = numpy_helper.from_array(members.astype(dtype), "members")
    return attributes
