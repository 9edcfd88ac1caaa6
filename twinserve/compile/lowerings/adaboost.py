"""AdaBoost: a vote of classifiers, each with its own weight; the weighted median of regressors.

Source: scikit-learn 1.9, `ensemble/_weight_boosting.py`, `utils/extmath.py` (`softmax`).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.additive import Additive, TreeTerm
from twinserve.compile.blocks import Block, Classified, Regressed
from twinserve.compile.graph import Graph, Lowering, require_numbers
from twinserve.compile.limits import limit_of
from twinserve.compile.lowerings.trees import read_tree
from twinserve.compile.outputs import beside
from twinserve.compile.refusal import refusal
from twinserve.compile.tree import Tree
from twinserve.compile.tree_ensemble import emit
from twinserve.estimators.introspection import class_name

_TREES: Final = frozenset({"sklearn.tree.DecisionTreeClassifier", "sklearn.tree.ExtraTreeClassifier"})
_REGRESSORS: Final = frozenset({"sklearn.tree.DecisionTreeRegressor", "sklearn.tree.ExtraTreeRegressor"})


def classifier(graph: Graph, model: Any, block: Block) -> Classified:
    """Each member adds `w` to its class and `-w / (classes - 1)` to the others; probabilities are their softmax.

    Of two classes twice the second's sum is the decision, and it is the second where that is over 0.
    """
    width = len(model.classes_)
    if width < 2:
        raise refusal(model, "it knows one class")
    whole = float(model.estimator_weights_.sum())
    if all(class_name(member) in _TREES for member in model.estimators_):
        sums = _sums_of_trees(graph, model, block)
    else:
        sums = _sums_of_members(graph, model, block)
    means = graph.op("Div", sums, graph.constant(whole))
    additive = _additive(graph, sums, width, whole)
    if width > 2:
        scaled = graph.op("Div", means, graph.constant(float(width - 1)))
        return Classified(graph.argmax(means), width, graph.softmax(scaled, width), means, additive=additive)
    # The first class's sum is the second's with the other sign, to the last bit: `[-d, d] / 2` is both sums.
    probabilities = graph.softmax(means, 2)
    decision = graph.op("Mul", graph.gather(means, [1], 2), graph.constant(2.0))
    return Classified(graph.argmax(means), 2, probabilities, decision, additive=additive)


def _additive(graph: Graph, sums: str, width: int, whole: float) -> Additive | None:
    """The decision, or of two classes the log-odds, as a sum of leaves."""
    if sums not in graph.emitted:
        return None
    if width == 2:
        return Additive("log-odds", np.zeros(1), (TreeTerm(sums, (None, 0), 2.0 / whole),))
    return Additive("decision", np.zeros(width), (TreeTerm(sums, tuple(range(width)), 1.0 / (whole * (width - 1))),))


def _sums_of_trees(graph: Graph, model: Any, block: Block) -> str:
    """`[n, classes]`: the sums of trees, whose leaves each hold what their class adds."""
    require_numbers(block.columns, model)
    summands: list[tuple[int, Tree]] = []
    for tree, weight in zip(model.estimators_, model.estimator_weights_, strict=False):
        limit = limit_of(tree)
        if limit is not None:
            graph.demand(block, limit)
        added = _added(model, tree, float(weight))[tree.tree_.value[:, 0, :].argmax(axis=1)]
        first = read_tree(tree, added[:, 0])
        summands += [(k, first.with_value(added[:, k])) for k in range(len(model.classes_))]
    return emit(graph, block, summands, len(model.classes_))


def _sums_of_members(graph: Graph, model: Any, block: Block) -> str:
    """`[n, classes]`: the sums of any classifiers."""
    total = ""
    for member, weight in zip(model.estimators_, model.estimator_weights_, strict=False):
        outcome = graph.lower(member, block)
        if not isinstance(outcome, Classified):
            raise refusal(member, "a classifier is needed in this place")
        part = graph.op("Gather", graph.constant(_added(model, member, float(weight))), outcome.label, axis=0)
        total = graph.op("Add", total, part) if total else part
    return total


def _added(model: Any, member: Any, weight: float) -> FloatArray:
    """`[member's classes, classes]`: what a member adds to each class when it chooses one of its own."""
    same = member.classes_[:, None] == model.classes_[None, :]
    added: FloatArray = np.where(same, weight, -1 / (len(model.classes_) - 1) * weight)
    return added


def regressor(graph: Graph, model: Any, block: Block) -> Regressed:
    """The smallest prediction up to which the members have half of all weight.

    scikit-learn sorts the predictions; here each is compared with each, which needs no order. Their sums of weights
    differ in the last bit, which decides only where a sum is half of the whole to the last bit.
    """
    said, width = _predictions(graph, model, block), len(model.estimators_)
    weights = np.asarray(model.estimator_weights_, dtype=np.float64)[:width]
    each, other = (graph.op("Unsqueeze", said, graph.constant([axis], np.int64)) for axis in (2, 1))
    up_to = graph.as_double(graph.op("LessOrEqual", other, each))
    share = graph.op("MatMul", up_to, graph.constant(weights))
    is_enough = graph.op("GreaterOrEqual", share, graph.constant(0.5 * float(weights.sum())))
    above = graph.op("Where", is_enough, said, graph.constant(np.inf))
    return Regressed(graph.op("ReduceMin", above, graph.constant([1], np.int64), keepdims=1))


def _predictions(graph: Graph, model: Any, block: Block) -> str:
    """`[n, members]`."""
    if all(class_name(member) in _REGRESSORS for member in model.estimators_):
        require_numbers(block.columns, model)
        for limit in filter(None, map(limit_of, model.estimators_)):
            graph.demand(block, limit)
        trees = [read_tree(tree, tree.tree_.value[:, 0, 0]) for tree in model.estimators_]
        return emit(graph, block, list(enumerate(trees)), len(trees))
    outcomes = [graph.lower(member, block) for member in model.estimators_]
    values = [outcome.value for outcome in outcomes if isinstance(outcome, Regressed)]
    if len(values) != len(outcomes):
        raise refusal(model, "regressors of one value are needed in it")
    return beside(graph, values)


LOWERINGS: dict[str, Lowering] = {
    "sklearn.ensemble.AdaBoostClassifier": classifier,
    "sklearn.ensemble.AdaBoostRegressor": regressor,
}
