"""Checking the trees of a compiled model: every index is in range, and every path leads down to a leaf."""

from __future__ import annotations

from typing import Final

import numpy as np

from twinserve.arrays import IntArray
from twinserve.bounds import TREE_DEPTH
from twinserve.graph.reader import BadGraph, Node

Ints = IntArray
LEQ: Final = 0
LT: Final = 1
MEMBER: Final = 6
"""The kinds of comparison in our trees: `<=`, `<`, and membership in a set."""
LAST_MODE: Final = MEMBER
"""The last mode of comparison in the format; ONNX Runtime has further ones of its own."""
SIDES: Final = ("true", "false")
NO_NUMBERS: Final = np.zeros(0, dtype=np.int64)


def check_trees(node: Node, columns: int) -> int:
    """The number of targets; raises `BadGraph`.

    ONNX Runtime does not check the indexes: with one out of range it reads other memory.
    """
    targets = _numbers(node, "n_targets")
    inner, leaves = len(_numbers(node, "nodes_featureids")), len(_numbers(node, "leaf_targetids"))
    if targets.size != 1 or not 1 <= int(targets[0]) <= max(1, leaves) or not inner:
        raise BadGraph("has trees that none of ours has")
    _require(_numbers(node, "nodes_featureids"), columns)
    _require(_numbers(node, "leaf_targetids"), int(targets[0]))
    _require(_numbers(node, "tree_roots"), inner)
    for name, length in (("nodes_splits", inner), ("nodes_modes", inner), ("leaf_weights", leaves)):
        if name not in node.tensors or node.tensors[name].shape != (length,):
            raise BadGraph("has trees whose lists do not fit")
    modes = node.tensors["nodes_modes"].values
    if modes.dtype != np.uint8 or int(modes.max()) > LAST_MODE:
        raise BadGraph("has trees that none of ours has")
    if len(node.numbers.get("nodes_missing_value_tracks_true", NO_NUMBERS)) not in (0, inner):
        raise BadGraph("has trees whose lists do not fit")
    _require_down(node, inner, leaves)
    return int(targets[0])


def _require_down(node: Node, inner: int, leaves: int) -> None:
    """Raise `BadGraph` unless each split is reached once from the roots, and none deeper than `TREE_DEPTH`."""
    below: list[Ints] = []
    for side in SIDES:
        ids, at_leaf = _numbers(node, f"nodes_{side}nodeids"), _numbers(node, f"nodes_{side}leafs") != 0
        if len(ids) != inner or len(at_leaf) != inner:
            raise BadGraph("has trees whose lists do not fit")
        _require(ids[at_leaf], leaves)
        _require(ids[~at_leaf], inner)
        below.append(np.where(at_leaf, -1, ids))
    reached, level = 0, _numbers(node, "tree_roots")
    for _ in range(TREE_DEPTH):
        reached += len(level)
        if not len(level) or reached > inner:
            break
        level = np.concatenate([side[level] for side in below])
        level = level[level >= 0]
    if len(level) or reached > inner:
        raise BadGraph("has trees that go in circles or too deep")


def _numbers(node: Node, name: str) -> Ints:
    return node.numbers.get(name, NO_NUMBERS)


def _require(ids: Ints, end: int) -> None:
    if ids.size and not (int(ids.min()) >= 0 and int(ids.max()) < end):
        raise BadGraph("has trees that lead to what is not there")
