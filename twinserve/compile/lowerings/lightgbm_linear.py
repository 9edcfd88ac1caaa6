"""LightGBM's linear trees, `linear_tree=True`: the leaf that a row reaches is a linear function of some columns.

The trees give the number of the leaf, which picks its constant and its coefficients. Where one of its columns is null,
the leaf's constant value counts.

Source: LightGBM 4.6, `include/LightGBM/tree.h` (`Tree::Predict`), `src/io/tree.cpp` (`ToJSON`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.blocks import Block
from twinserve.compile.graph import INT64, Graph
from twinserve.compile.refusal import refusal
from twinserve.compile.tree import Tree
from twinserve.compile.tree_ensemble import emit

MOST_NUMBERS: Final = 2_000_000
"""The coefficients of all leaves: 16 MB of model."""
MOST_IN_A_ROW: Final = 50_000
"""Trees times columns, the products that a row takes: about 100 us."""


def is_linear(dump: Any) -> bool:
    """Whether a dump's trees are linear."""
    return any("leaf_const" in leaf for tree in dump["tree_info"] for leaf in leaves_of(tree["tree_structure"]))


def leaves_of(root: Any) -> list[Any]:
    """The leaves of a tree, breadth first."""
    nodes = [root]
    for node in nodes:
        nodes += [node[side] for side in ("left_child", "right_child") if side in node]
    return [node for node in nodes if "split_feature" not in node]


def sums(graph: Graph, model: Any, dump: Any, read: Sequence[Tree], block: Block, split_on: Block, width: int) -> str:
    """`[n, sums]`: every tree's linear leaf, with the rows of `block`; the trees split on `split_on`."""
    leaves = [leaves_of(tree["tree_structure"]) for tree in dump["tree_info"]]
    columns, listed = len(block.columns), [leaf for tree in leaves for leaf in tree]
    if len(listed) * columns > MOST_NUMBERS or len(leaves) * columns > MOST_IN_A_ROW:
        reason = (
            f"linear_tree=True with {len(listed)} leaves of {columns} columns in {len(leaves)} trees is not lowered"
        )
        raise refusal(model, reason)
    reached = graph.op("Cast", emit(graph, split_on, _numbered(read), len(read)), to=INT64)
    tensor = graph.op("Unsqueeze", graph.codes(block, model), graph.constant([1], np.int64))
    missing = graph.op("IsNaN", tensor)
    known = graph.op("Where", missing, graph.constant(0.0), tensor)
    ones = graph.constant(np.ones(columns))
    factors = graph.op("Gather", graph.constant(_coefficients(listed, columns)), reached, axis=0)
    products = graph.op("MatMul", graph.op("Mul", factors, known), ones)
    constants = graph.constant([leaf.get("leaf_const", leaf["leaf_value"]) for leaf in listed])
    linear = graph.op("Add", products, graph.op("Gather", constants, reached, axis=0))
    used = graph.op("Gather", graph.constant(_used(listed, columns)), reached, axis=0)
    lacking = graph.op("MatMul", graph.op("Mul", used, graph.as_double(missing)), ones)
    plain = graph.op("Gather", graph.constant([leaf["leaf_value"] for leaf in listed]), reached, axis=0)
    answers = graph.op("Where", graph.op("Greater", lacking, graph.constant(0.0)), plain, linear)
    return graph.op("MatMul", answers, graph.constant(np.eye(width)[np.arange(len(leaves)) % width]))


def _numbered(trees: Sequence[Tree]) -> list[tuple[int, Tree]]:
    """Each tree for a sum of its own, with the numbers of its leaves, counted through all trees, as their values."""
    numbered, first = [], 0
    for place, tree in enumerate(trees):
        numbers = np.where(tree.leaf, first + np.cumsum(tree.leaf) - 1.0, 0.0)
        numbered.append((place, tree.with_value(numbers)))
        first += int(tree.leaf.sum())
    return numbered


def _coefficients(leaves: Sequence[Any], columns: int) -> FloatArray:
    table = np.zeros((len(leaves), columns))
    for row, leaf in zip(table, leaves, strict=True):
        row[leaf.get("leaf_features", [])] = leaf.get("leaf_coeff", [])
    return table


def _used(leaves: Sequence[Any], columns: int) -> FloatArray:
    table = np.zeros((len(leaves), columns))
    for row, leaf in zip(table, leaves, strict=True):
        row[leaf.get("leaf_features", [])] = 1.0
    return table
