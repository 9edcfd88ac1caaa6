"""InterpretML's explainable boosting machines: each term of one field or of two as a tree whose leaves are its scores.

The sum starts with the intercept and adds the terms in the library's order, so it is equal to the last bit. A number is
in a bin by the cuts at or below it, a text by the model's own list; null and a text that is not listed have bins of
their own. Neighbouring bins of equal scores are one leaf.

Source: interpret-core 0.7, `glassbox/_ebm/_bin.py` (`eval_terms`, `ebm_predict_scores`), `utils/_link.py`, and its
documentation of `bins_`, `term_scores_`, `bin_weights_`, `intercept_`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from twinserve.arrays import BoolArray, FloatArray, IntArray
from twinserve.compile.blocks import Block, Classified, Column, Regressed
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.lowerings.boosting import sums_of_trees
from twinserve.compile.lowerings.encoding import values_of
from twinserve.compile.lowerings.linear import decided_by
from twinserve.compile.refusal import refusal
from twinserve.compile.tree import Tree
from twinserve.compile.tree_ensemble import MAX_NODES, emit

MISSING: Final = 0
"""The bin of null; that of a text which is not listed is the last one."""


@dataclass(frozen=True, eq=False)
class _Axis:
    """The bins of one field, in the order of the numbers or codes that they hold."""

    column: int
    bounds: FloatArray
    """The largest double of each segment but the last."""
    bins: IntArray
    """The bin of each segment."""


def classifier(graph: Graph, model: Any, block: Block) -> Classified:
    """Of two classes the logistic function, the second where the sum is over 0; of more softmax."""
    width = len(model.classes_)
    if model.link_ not in ("logit", "mlogit"):
        raise refusal(model, f"its link {model.link_!r} is not lowered")
    sums = _sums(graph, model, block)
    if model.link_ == "mlogit":
        return decided_by(graph, sums, width, "softmax", sums_of_trees(sums, width, "decision"))
    pair = graph.op("Mul", sums, graph.constant([[-1.0, 1.0]]))
    likely = graph.smooth("Sigmoid", pair, 2)
    return Classified(graph.argmax(pair), 2, likely, sums, additive=sums_of_trees(sums, 1, "log-odds"))


def regressor(graph: Graph, model: Any, block: Block) -> Regressed:
    """The sum, or its `exp` where the link is a logarithm."""
    if model.link_ not in ("identity", "log"):
        raise refusal(model, f"its link {model.link_!r} is not lowered")
    sums = _sums(graph, model, block)
    if model.link_ == "log":
        return Regressed(graph.smooth("Exp", sums, 1), additive=sums_of_trees(sums, 1, "log"))
    return Regressed(sums, additive=sums_of_trees(sums, 1, "value"))


def _sums(graph: Graph, model: Any, block: Block) -> str:
    """`[n, sums]`: the intercept and the score of each term."""
    intercept = np.atleast_1d(np.asarray(model.intercept_, dtype=np.float64))
    trees = [(k, Tree.constant(start)) for k, start in enumerate(intercept.tolist())]
    for term in range(len(model.term_features_)):
        axes = [
            _axis(graph, model, block.columns[place], place, len(model.term_features_[term]))
            for place in model.term_features_[term]
        ]
        trees += enumerate(_trees(model, term, axes, len(intercept)))
        if sum(len(tree.leaf) for _, tree in trees) > MAX_NODES:
            raise refusal(model, f"its terms take more than {MAX_NODES} nodes")
    return emit(graph, block, trees, len(intercept))


def read_trees(model: Any) -> list[Tree]:
    """The trees of all terms where all fields are numbers, else none; of several classes those of the first one."""
    if any(kind != "continuous" for kind in model.feature_types_in_):
        return []
    terms = [[_cut(model, place, len(features)) for place in features] for features in model.term_features_]
    width = len(np.atleast_1d(model.intercept_))
    return [_trees(model, term, axes, width)[0] for term, axes in enumerate(terms)]


def _axis(graph: Graph, model: Any, column: Column, place: int, dimensions: int) -> _Axis:
    """The bins of a field in a term of so many fields."""
    kind = model.feature_types_in_[place]
    if (kind == "continuous") != (column.kind == "number"):
        raise refusal(model, f"it takes column {column.name!r}, a {column.kind}, as {kind}, which is not lowered")
    if kind == "continuous":
        return _cut(model, place, dimensions)
    listed = _level(model, place, dimensions)
    values_of(graph, column, list(listed), model)  # A text that has no code yet gets one.
    unseen = len(set(listed.values())) + 1
    bins = [unseen, *(listed.get(word, unseen) for word in column.categories)]
    return _Axis(place, np.arange(-0.5, len(bins) - 1.5), np.array(bins, dtype=np.int64))


def _cut(model: Any, place: int, dimensions: int) -> _Axis:
    """A number is in the bin after all cuts that are at or below it."""
    cuts = np.asarray(_level(model, place, dimensions), dtype=np.float64)
    below: FloatArray = np.nextafter(cuts, -np.inf)
    return _Axis(place, below, np.arange(1, len(cuts) + 2))


def _level(model: Any, place: int, dimensions: int) -> Any:
    """A field's bins: terms of more fields have coarser ones, where there are some."""
    levels = model.bins_[place]
    return levels[min(len(levels), dimensions) - 1]


def _trees(model: Any, term: int, axes: Sequence[_Axis], width: int) -> list[Tree]:
    """A term as a tree for each sum."""
    scores = np.asarray(model.term_scores_[term], dtype=np.float64)
    scores = scores.reshape(*scores.shape[: len(axes)], width)
    weights = np.asarray(model.bin_weights_[term], dtype=np.float64)
    bounds: list[FloatArray] = []
    for dimension, axis in enumerate(axes):
        picks = np.append(axis.bins, MISSING)  # Null's bin comes last.
        shared = np.bincount(picks, minlength=weights.shape[dimension])[picks]
        scores, weights = scores.take(picks, dimension), weights.take(picks, dimension)
        weights = weights / shared.reshape([-1 if at == dimension else 1 for at in range(len(axes))])
        others = tuple(at for at in range(scores.ndim) if at != dimension)
        differ: BoolArray = np.logical_or.reduce(np.diff(scores, axis=dimension) != 0, axis=others)
        turns = np.flatnonzero(differ[:-1])
        starts = np.array([0, *(turns + 1), len(picks) - 1])
        bounds.append(axis.bounds[turns])
        scores, weights = scores.take(starts, dimension), np.add.reduceat(weights, starts, axis=dimension)
    grown = _Grown([axis.column for axis in axes], bounds)
    return grown.trees(scores.reshape(-1, width), weights.reshape(-1))


class _Grown:
    """A tree that finds the cell of a row: a balanced search in each dimension, one after the other."""

    def __init__(self, columns: Sequence[int], bounds: Sequence[FloatArray]) -> None:
        self._columns, self._bounds = columns, bounds
        self._column, self._split = list[int](), list[float]()
        self._yes, self._no, self._cell = list[int](), list[int](), list[int]()
        self._dimension(0, 0)

    def trees(self, scores: FloatArray, weights: FloatArray) -> list[Tree]:
        """A tree for each column of the cells' scores."""
        cell, yes, no = (np.array(part, dtype=np.int64) for part in (self._cell, self._yes, self._no))
        leaf = cell >= 0
        cover = np.where(leaf, weights[cell], 0.0)
        for node in np.flatnonzero(~leaf)[::-1].tolist():  # Children come after their parents.
            cover[node] = cover[yes[node]] + cover[no[node]]
        column, split = np.array(self._column, dtype=np.int64), np.array(self._split)
        tree = Tree(leaf, column, split, yes, no, np.zeros(len(leaf), dtype=bool), np.zeros(len(leaf)), cover=cover)
        return [tree.with_value(np.where(leaf, own[cell], 0.0)) for own in scores.T]

    def _node(self, column: int, split: float, cell: int) -> int:
        self._column.append(column)
        self._split.append(split)
        self._yes.append(0)
        self._no.append(0)
        self._cell.append(cell)
        return len(self._cell) - 1

    def _dimension(self, dimension: int, before: int) -> int:
        """Search one dimension; `before` is the cell's number in those before it."""
        if dimension == len(self._columns):
            return self._node(0, 0.0, before)
        count = len(self._bounds[dimension])
        first = before * (count + 2)
        at = self._node(self._columns[dimension], np.inf, -1)  # Null goes to the `no` side.
        self._yes[at] = self._between(dimension, first, 0, count)
        self._no[at] = self._dimension(dimension + 1, first + count + 1)
        return at

    def _between(self, dimension: int, first: int, low: int, high: int) -> int:
        if low == high:
            return self._dimension(dimension + 1, first + low)
        middle = (low + high) // 2
        at = self._node(self._columns[dimension], float(self._bounds[dimension][middle]), -1)
        self._yes[at] = self._between(dimension, first, low, middle)
        self._no[at] = self._between(dimension, first, middle + 1, high)
        return at


LOWERINGS: dict[str, Lowering] = {
    "interpret.glassbox.ExplainableBoostingClassifier": classifier,
    "interpret.glassbox.ExplainableBoostingRegressor": regressor,
}
