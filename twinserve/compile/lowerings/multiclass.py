"""Classifiers of several classes made of classifiers of two: one against the rest, one against one, codes.

Source: scikit-learn 1.9, `multiclass.py`, `utils/multiclass.py` (`_ovr_decision_function`),
`metrics/_pairwise_distances_reduction/_argkmin.pyx.tp` (`EuclideanArgKmin64`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from twinserve.compile.blocks import Block, Classified, Outcome, Outputs, Regressed
from twinserve.compile.graph import Graph, Lowering, require_numbers
from twinserve.compile.limits import FINITE
from twinserve.compile.outputs import beside, both, chosen, several_labels
from twinserve.compile.refusal import refusal


def one_against_rest(graph: Graph, model: Any, block: Block) -> Classified | Outputs:
    """The first class with the largest score; probabilities are divided by their sum, where that is not 0."""
    if model.label_binarizer_.y_type_ not in ("binary", "multiclass"):
        return _each_label(graph, model, block)
    if len(model.classes_) < 2:
        raise refusal(model, "it knows one class")
    members = model.estimators_
    outcomes = [graph.lower(member, block) for member in members]
    scores = [_score(graph, *pair) for pair in zip(members, outcomes, strict=True)]
    decisions = beside(graph, scores)
    likely = _likely(graph, members, outcomes) if hasattr(members[0], "predict_proba") else None
    decision = decisions if hasattr(members[0], "decision_function") else None
    label = graph.argmax(decisions) if len(members) > 1 else _above(graph, members[0], decisions)
    return Classified(label, len(model.classes_), likely, decision)


def _each_label(graph: Graph, model: Any, block: Block) -> Outputs:
    """Several labels at once: each whose score is over 0, or over 0.5 where it is no decision."""
    members = model.estimators_
    outcomes = [graph.lower(member, block) for member in members]
    scores = beside(graph, [_score(graph, *pair) for pair in zip(members, outcomes, strict=True)])
    limit = 0.0 if hasattr(members[0], "decision_function") else 0.5
    labels = chosen(graph, graph.op("Greater", scores, graph.constant(limit)), len(members))
    if not hasattr(model, "predict_proba"):
        return several_labels(labels, None, len(members), 2 * len(members))
    likely = [outcome.probabilities for outcome in outcomes if isinstance(outcome, Classified)]
    second = beside(graph, [graph.gather(one, [1], 2) for one in likely if one is not None])
    return several_labels(labels, both(graph, second, len(members)), len(members), 2 * len(members))


def one_against_one(graph: Graph, model: Any, block: Block) -> Classified:
    """The first class with the largest sum of votes and of `c / (3 (|c| + 1))`, `c` being its sum of scores."""
    if model.pairwise_indices_ is not None:
        raise refusal(model, "estimators of distances are not lowered")
    members, classes = model.estimators_, len(model.classes_)
    require_numbers(block.columns, model)  # It makes one array of numbers of its table.
    outcomes = [graph.lower(member, block) for member in members]
    scores = beside(graph, [_score(graph, *pair) for pair in zip(members, outcomes, strict=True)])
    chosen = beside(graph, [_chosen(graph, *pair) for pair in zip(members, outcomes, strict=True)])
    pairs = list(combinations(range(classes), 2))
    wins = np.array([[(k == j) - (k == i) for k in range(classes)] for i, j in pairs], dtype=np.float64)
    votes = graph.affine(chosen, wins, np.arange(classes)[::-1])  # A class is the first of as many pairs.
    total = _sums_of_scores(graph, scores, pairs, classes)
    size = graph.op("Add", graph.op("Abs", total), graph.constant(1.0))
    decision = graph.op("Add", votes, graph.op("Div", total, graph.op("Mul", graph.constant(3.0), size)))
    if classes > 2:
        return Classified(graph.argmax(decision), classes, decision=decision)
    second = graph.gather(decision, [1], 2)
    return Classified(_above(graph, members[0], second), 2, decision=second)


def output_code(graph: Graph, model: Any, block: Block) -> Classified:
    """The class whose code is next to the scores: the first least `(|s|^2 - 2 s . c) + |c|^2`."""
    members, codes = model.estimators_, model.code_book_
    if len(model.classes_) < 2:
        raise refusal(model, "it knows one class")
    outcomes = [graph.lower(member, block) for member in members]
    if any(isinstance(outcome, Classified) and outcome.decision is None for outcome in outcomes):
        raise refusal(
            model,
            "which of two codes at the same distance is the nearest is decided by the last bit of NumPy's product, and "
            "probabilities are often equally far from two",
        )
    scores = beside(graph, [_score(graph, *pair) for pair in zip(members, outcomes, strict=True)])
    graph.demand(Block.numbers(scores, len(members)), FINITE)
    squared = graph.row_sum(graph.op("Mul", scores, scores), len(members))
    product = graph.op("MatMul", scores, graph.constant(-2.0 * codes.T))
    distances = graph.op("Add", graph.op("Add", squared, product), graph.constant((codes * codes).sum(axis=1)))
    return Classified(graph.argmax(graph.op("Neg", distances)), len(model.classes_))


def constant(graph: Graph, model: Any, block: Block) -> Classified:
    """The class that all rows of the training had; its number is the decision, too."""
    number = float(model.y_[0])
    decision = graph.each_row(graph.dense(block), [number])
    likely = graph.each_row(graph.dense(block), [1.0 - number, number])
    return Classified(graph.argmax(likely), 2, likely, decision)


def _score(graph: Graph, member: Any, outcome: Outcome) -> str:
    """Double `[n, 1]`: a regressor's value, a decision, or else the second class's probability."""
    if isinstance(outcome, Regressed):
        return outcome.value
    if not isinstance(outcome, Classified) or outcome.classes != 2:
        raise refusal(member, "a classifier of two classes is needed in this place")
    if hasattr(member, "decision_function"):
        if outcome.decision is None:
            raise refusal(member, "its decisions are not lowered")
        return outcome.decision
    if outcome.probabilities is None:
        raise refusal(member, "it has no probabilities")
    return graph.gather(outcome.probabilities, [1], 2)


def _chosen(graph: Graph, member: Any, outcome: Outcome) -> str:
    """Double `[n, 1]`: 1 where a member of two classes chooses the second, else 0."""
    if not isinstance(outcome, Classified):
        raise refusal(member, "votes of a regressor are not lowered")
    return graph.op("Gather", graph.constant([[0.0], [1.0]]), outcome.label, axis=0)


def _above(graph: Graph, member: Any, score: str) -> str:
    """The label of two classes: whether a score is over 0, or over 0.5 where it is no decision."""
    limit = 0.0 if hasattr(member, "decision_function") else 0.5
    over = graph.op("Greater", score, graph.constant(limit))
    codes = [graph.constant([[code]], np.int64) for code in (1, 0)]
    return graph.op("Reshape", graph.op("Where", over, *codes), graph.constant([-1], np.int64))


def _likely(graph: Graph, members: Sequence[Any], outcomes: Sequence[Outcome]) -> str:
    """Double `[n, classes]`: the probability of each member's second class, over their sum."""
    parts: list[str] = []
    for member, outcome in zip(members, outcomes, strict=True):
        if not isinstance(outcome, Classified) or outcome.probabilities is None:
            raise refusal(member, "it has no probabilities")
        parts.append(graph.gather(_with_all_digits(graph, outcome.probabilities), [1], 2))
    if len(parts) == 1:
        parts.insert(0, graph.op("Sub", graph.constant(1.0), parts[0]))
    likely = beside(graph, parts)
    total = graph.row_sum(likely, len(parts))
    nothing = graph.op("Equal", total, graph.constant(0.0))
    return graph.op("Where", nothing, likely, graph.op("Div", likely, total))


def _with_all_digits(graph: Graph, probabilities: str) -> str:
    """Probabilities `[n, 2]` that are exact near 0, too, as a division by their sum needs; `Sigmoid` is not."""
    maker = next((node for node in graph.nodes if node.output[0] == probabilities), None)
    if maker is None or maker.op_type != "Sigmoid":
        return probabilities
    return graph.logistic(maker.input[0], 2)


def _sums_of_scores(graph: Graph, scores: str, pairs: Sequence[tuple[int, int]], classes: int) -> str:
    """Double `[n, classes]`: for each class the scores of its pairs, negative where it is the first of the two.

    They are added in the order of the pairs, as scikit-learn does: whether two classes are equal may depend on it.
    """
    signed = graph.op("Concat", scores, graph.op("Neg", scores), axis=1)
    terms = [
        [k + len(pairs) * (pair[0] == one) for k, pair in enumerate(pairs) if one in pair] for one in range(classes)
    ]
    total = ""
    for places in zip(*terms, strict=True):
        term = graph.gather(signed, places, 2 * len(pairs))
        total = graph.op("Add", total, term) if total else term
    return total


LOWERINGS: dict[str, Lowering] = {
    "sklearn.multiclass._ConstantPredictor": constant,
    "sklearn.multiclass.OneVsOneClassifier": one_against_one,
    "sklearn.multiclass.OneVsRestClassifier": one_against_rest,
    "sklearn.multiclass.OutputCodeClassifier": output_code,
}
