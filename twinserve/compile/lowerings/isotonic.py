"""Isotonic regression: the curve that also calibrates classifiers.

Source: scikit-learn 1.9, `isotonic.py`, and NumPy's `interp`, which SciPy's `interp1d` calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.arithmetic.search_tree import search_tree
from twinserve.compile.blocks import Block, Regressed
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.limits import FINITE, Limit
from twinserve.compile.refusal import refusal
from twinserve.compile.tree import Tree
from twinserve.compile.tree_ensemble import emit
from twinserve.graph.trees import LT


def regressor(graph: Graph, model: Any, block: Block) -> Regressed:
    """The curve at the one column; beyond its ends there is no answer, unless `out_of_bounds="clip"`."""
    column = graph.numbers(block, model)
    if model.out_of_bounds != "clip":
        graph.demand(block, Limit(float(model.X_min_), float(model.X_max_), null=False))
    return Regressed(curves(graph, column, [model]))


def calibrators(graph: Graph, tensor: str, isotonics: Sequence[Any]) -> str:
    """`curves` of numbers of any size, flat beyond their ends."""
    for isotonic in isotonics:
        if isotonic.out_of_bounds != "clip":
            raise refusal(isotonic, f"out_of_bounds={isotonic.out_of_bounds!r} is not lowered")
    return curves(graph, tensor, isotonics)


def curves(graph: Graph, tensor: str, isotonics: Sequence[Any]) -> str:
    """`slope * (d - x) + y` of the segment that holds `d`, a column for each curve; three search trees find the three
    numbers."""
    count = len(isotonics)
    graph.demand(Block.numbers(tensor, count), FINITE)
    searches = [
        (3 * k + part, tree) for k, isotonic in enumerate(isotonics) for part, tree in enumerate(_segments(isotonic, k))
    ]
    segments = emit(graph, Block.numbers(tensor, count), searches, 3 * count)
    slope, x, y = (graph.gather(segments, range(part, 3 * count, 3), 3 * count) for part in range(3))
    return graph.op("Add", graph.op("Mul", slope, graph.op("Sub", tensor, x)), y)


def _segments(isotonic: Any, column: int) -> tuple[Tree, Tree, Tree]:
    """For each segment between thresholds its slope, left end and value there; flat beyond the ends."""
    x = np.asarray(isotonic.X_thresholds_, dtype=np.float64)
    y = np.asarray(isotonic.y_thresholds_, dtype=np.float64)
    slope = np.concatenate([[0.0], np.diff(y) / np.diff(x), [0.0]])
    tree = search_tree(x, column, LT)
    ends = (slope, np.concatenate([x[:1], x]), np.concatenate([y[:1], y]))
    first, second, third = (tree.with_value(_leaf_values(tree, values)) for values in ends)
    return first, second, third


def _leaf_values(tree: Tree, values: FloatArray) -> FloatArray:
    """`values` at the leaf numbers of a search tree."""
    leaves: FloatArray = np.asarray(values, dtype=np.float64)[tree.value.astype(np.int64)]
    return leaves


LOWERINGS: dict[str, Lowering] = {
    "sklearn.isotonic.IsotonicRegression": regressor,
}
