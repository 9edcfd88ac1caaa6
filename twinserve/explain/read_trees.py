"""The trees of a compiled model, with the shares of training weight at their splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinserve.arrays import FloatArray, IntArray
from twinserve.explain.stored import StoredTrees
from twinserve.explain.trees import Trees
from twinserve.graph.reader import GraphFile, Node
from twinserve.graph.shapes import TREES
from twinserve.graph.trees import MEMBER, NO_NUMBERS


class Added(NamedTuple):
    """What the trees of a model add to one output."""

    trees: Trees | None
    """None where none has a split."""
    constant: float
    """The sum of those that are a single leaf."""


def read_trees(graph: GraphFile, stored: Sequence[StoredTrees], outputs: int) -> list[Added]:
    """What is added to each output; raises ValueError where what is stored does not fit the graph."""
    ensembles = [node for node in graph.nodes if node.kind == TREES]
    parts: list[list[Trees]] = [[] for _ in range(outputs)]
    constants = [0.0] * outputs
    for some in stored:
        if some.ensemble >= len(ensembles):
            raise ValueError("The compiled model has fewer trees.")
        whole, targets = _read(ensembles[some.ensemble], some)
        for target, output in enumerate(some.into):
            if output is not None:
                grown, flat = _of_roots(whole, targets == target)
                constants[output] += flat
                parts[output] += [grown] if len(grown.roots) else []
    return [
        Added(Trees.concatenate(some) if some else None, constant)
        for some, constant in zip(parts, constants, strict=True)
    ]


def _read(node: Node, stored: StoredTrees) -> tuple[Trees, IntArray]:
    """All trees of an operation, and the sum to which each of them belongs."""
    numbers, tensors = node.numbers, node.tensors
    column = numbers["nodes_featureids"] + stored.offset
    kind = tensors["nodes_modes"].values.astype(np.int64)
    shares = stored.unpacked()
    if len(shares) != len(column) or len(stored.into) != int(numbers["n_targets"][0]):
        raise ValueError("The compiled model has other trees.")
    yes, no = (_children(numbers, side) for side in ("true", "false"))
    leaf_target = numbers["leaf_targetids"]
    trees = Trees(
        column=column,
        limit=tensors["nodes_splits"].values.astype(np.float64),
        kind=kind,
        null_yes=numbers.get("nodes_missing_value_tracks_true", np.zeros(len(column), np.int64)) != 0,
        members=_members(tensors["membership_values"].values if (kind == MEMBER).any() else NO_NUMBERS),
        yes=yes,
        no=no,
        share=shares,
        roots=numbers["tree_roots"],
        value=tensors["leaf_weights"].values.astype(np.float64) * stored.factor,
    )
    return trees, leaf_target[_first_leaves(trees)]


def _children(numbers: Mapping[str, IntArray], side: str) -> IntArray:
    ids, at_leaf = numbers[f"nodes_{side}nodeids"], numbers[f"nodes_{side}leafs"] != 0
    return np.where(at_leaf, ~ids, ids)


def _members(listed: NDArray[np.generic]) -> list[FloatArray]:
    """The sets, each of which ends with a NaN in the list."""
    values = listed.astype(np.float64)
    return [part[~np.isnan(part)] for part in np.split(values, np.flatnonzero(np.isnan(values)) + 1)[:-1]]


def _first_leaves(trees: Trees) -> IntArray:
    """A leaf of each tree."""
    place = trees.roots
    while (place >= 0).any():
        place = np.where(place >= 0, trees.yes[np.maximum(place, 0)], place)
    return ~place


def _of_roots(whole: Trees, chosen: NDArray[np.bool_]) -> tuple[Trees, float]:
    """The chosen trees alone, and the sum of those among them that are two equal leaves: such a tree is constant."""
    roots = whole.roots[chosen]
    yes, no = whole.yes[roots], whole.no[roots]
    flat = (yes < 0) & (no < 0) & (whole.value[~np.minimum(yes, -1)] == whole.value[~np.minimum(no, -1)])
    constant = float(whole.value[~yes[flat]].sum())
    return whole.of_roots(roots[~flat]), constant
