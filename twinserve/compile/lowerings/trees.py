"""Decision trees and forests.

scikit-learn computes the steps before a tree in double precision, rounds their result to float32 once, and
compares that with a threshold in double. The graph keeps the doubles and moves each threshold instead:
rounding preserves order, so `float32(x) <= t` is `x <= u`, with `u` the largest double that rounds
to a float32 `<= t`.

A number beyond float32's range makes scikit-learn raise ("value too large for dtype('float32')"); the graph
treats it as infinite, so it goes right (or left, when negative) at every split of its column.

Source: scikit-learn 1.9, `tree/_classes.py`, `tree/_tree.pyx` (`_apply_dense`), `ensemble/_forest.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.additive import Additive, TreeTerm
from twinserve.compile.blocks import Block, Classified, Outputs, Regressed
from twinserve.compile.graph import Graph, Lowering, require_numbers
from twinserve.compile.outputs import column, joined, several_labels, several_values
from twinserve.compile.private_attributes import TREE_FIELDS, require_fields
from twinserve.compile.tree import Tree
from twinserve.compile.tree_ensemble import emit


def tree_classifier(graph: Graph, model: Any, block: Block) -> Classified | Outputs:
    """The leaf's class probabilities; the label is the first largest."""
    if model.n_outputs_ > 1:
        return _several_labels(graph, model, block, [model])
    return _classifier(graph, model, block, [model])


def forest_classifier(graph: Graph, model: Any, block: Block) -> Classified | Outputs:
    """The mean of the trees' class probabilities; the label is the first largest."""
    if model.n_outputs_ > 1:
        return _several_labels(graph, model, block, model.estimators_)
    return _classifier(graph, model, block, model.estimators_)


def tree_regressor(graph: Graph, model: Any, block: Block) -> Regressed | Outputs:
    """The leaf's value."""
    if model.n_outputs_ > 1:
        return several_values(_leaves(graph, model, block, [model], _values(model)), model.n_outputs_)
    total = _sums(graph, model, block, [model], 1)
    return Regressed(total, additive=Additive("value", np.zeros(1), (TreeTerm(total, (0,)),)))


def forest_regressor(graph: Graph, model: Any, block: Block) -> Regressed | Outputs:
    """The mean of the trees' values."""
    if model.n_outputs_ > 1:
        sums = _leaves(graph, model, block, model.estimators_, _values(model))
        mean = graph.op("Div", sums, graph.constant(float(len(model.estimators_))))
        return several_values(mean, model.n_outputs_)
    total, count = _sums(graph, model, block, model.estimators_, 1), float(len(model.estimators_))
    additive = Additive("value", np.zeros(1), (TreeTerm(total, (0,), 1.0 / count),))
    return Regressed(graph.op("Div", total, graph.constant(count)), additive=additive)


def double_splits(thresholds: FloatArray) -> FloatArray:
    """For each threshold on float32 the equivalent one on double: the largest double that goes left.

    The midpoint of two neighbouring float32 is a double, and rounds to the one whose last bit is 0.
    """
    with np.errstate(over="ignore"):
        below = thresholds.astype(np.float32)
        below = np.where(below > thresholds, np.nextafter(below, np.float32(-np.inf)), below)
        above = np.minimum(np.nextafter(below, np.float32(np.inf)).astype(np.float64), 2.0**128)
        middle = (below.astype(np.float64) + above) / 2
        splits = np.where(middle.astype(np.float32) > below, np.nextafter(middle, -np.inf), middle)
    return np.where(np.isfinite(thresholds), splits, thresholds)


def read_tree(model: Any, values: FloatArray) -> Tree:
    """A fitted tree's splits, with `values` (one for each node) at its leaves."""
    nodes = model.tree_
    require_fields(model, dir(nodes), TREE_FIELDS)
    leaf = nodes.children_left < 0
    return Tree(
        leaf=leaf,
        column=np.where(leaf, 0, nodes.feature),
        split=double_splits(np.where(leaf, 0.0, nodes.threshold)),
        yes=np.asarray(nodes.children_left, dtype=np.int64),
        no=np.asarray(nodes.children_right, dtype=np.int64),
        nan_yes=nodes.missing_go_to_left.astype(bool) & ~leaf,
        value=values,
        cover=np.asarray(nodes.weighted_n_node_samples, dtype=np.float64),
    )


def _classifier(graph: Graph, model: Any, block: Block, trees: Sequence[Any]) -> Classified:
    width = len(model.classes_)
    scale = graph.constant(float(len(trees)))
    if width == 2 and _sums_are_exact(trees):
        ones = _sums(graph, model, block, trees, 1, column=1)
        term = TreeTerm(ones, (0,), 1.0 / len(trees))
        # [T - s, s]: exact, because every partial sum is.
        pair = graph.op("Mul", ones, graph.constant([[-1.0, 1.0]]))
        total = graph.op("Add", pair, graph.constant([[float(len(trees)), 0.0]]))
    else:
        total = _sums(graph, model, block, trees, width)
        term = TreeTerm(total, (None, 0) if width == 2 else tuple(range(width)), 1.0 / len(trees))
    probabilities = total if len(trees) == 1 else graph.op("Div", total, scale)
    additive = Additive("probability", np.zeros(1 if width == 2 else width), (term,))
    return Classified(graph.argmax(probabilities), width, probabilities, additive=additive)


def _several_labels(graph: Graph, model: Any, block: Block, trees: Sequence[Any]) -> Outputs:
    """For each output the first class with the largest mean of probabilities."""
    counts = [int(count) for count in model.n_classes_]
    places = [(output, code) for output, count in enumerate(counts) for code in range(count)]
    sums = _leaves(graph, model, block, trees, places)
    mean = sums if len(trees) == 1 else graph.op("Div", sums, graph.constant(float(len(trees))))
    ends = np.cumsum([0, *counts]).tolist()
    labels = [
        column(graph, graph.argmax(graph.gather(mean, range(start, end), ends[-1])), start)
        for start, end in pairwise(ends)
    ]
    return several_labels(joined(graph, labels), mean, len(labels), ends[-1])


def _values(model: Any) -> list[tuple[int, int]]:
    """Where a regressor keeps the value of each output."""
    return [(output, 0) for output in range(model.n_outputs_)]


def _leaves(graph: Graph, model: Any, block: Block, trees: Sequence[Any], places: Sequence[tuple[int, int]]) -> str:
    """`[n, places]`: for each output and column of the trees' values their sum, in the trees' order."""
    require_numbers(block.columns, model)
    summands: list[tuple[int, Tree]] = []
    for fitted in trees:
        values = fitted.tree_.value
        tree = read_tree(fitted, values[:, 0, 0])
        summands += [(k, tree.with_value(values[:, output, code])) for k, (output, code) in enumerate(places)]
    return emit(graph, block, summands, len(places))


def _sums_are_exact(trees: Sequence[Any]) -> bool:
    """Whether no partial sum of probabilities is rounded, so that one class's sum gives the other's.

    That holds for pure leaves, and for any probabilities that are multiples of 2^-20. Otherwise both classes are
    summed, in scikit-learn's order: a tie between them may depend on the last bit.
    """
    scaled = [tree.tree_.value[tree.tree_.children_left < 0] * 2.0**20 for tree in trees]
    return all(bool(np.all(part == np.floor(part))) for part in scaled) and len(trees) < 2**20


def _sums(graph: Graph, model: Any, block: Block, trees: Sequence[Any], width: int, column: int = 0) -> str:
    """`[n, width]`: the trees' values `column`, `column + 1`, ... summed in the trees' order."""
    require_numbers(block.columns, model)
    summands: list[tuple[int, Tree]] = []
    for fitted in trees:
        tree = read_tree(fitted, fitted.tree_.value[:, 0, column])
        summands.append((0, tree))
        summands += [(k, tree.with_value(fitted.tree_.value[:, 0, column + k])) for k in range(1, width)]
    return emit(graph, block, summands, width)


LOWERINGS: dict[str, Lowering] = {
    "sklearn.tree.DecisionTreeClassifier": tree_classifier,
    "sklearn.tree.ExtraTreeClassifier": tree_classifier,
    "sklearn.tree.DecisionTreeRegressor": tree_regressor,
    "sklearn.tree.ExtraTreeRegressor": tree_regressor,
    "sklearn.ensemble.RandomForestClassifier": forest_classifier,
    "sklearn.ensemble.ExtraTreesClassifier": forest_classifier,
    "sklearn.ensemble.RandomForestRegressor": forest_regressor,
    "sklearn.ensemble.ExtraTreesRegressor": forest_regressor,
}
