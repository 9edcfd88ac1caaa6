"""The probabilities of a support vector machine that was fitted with `probability=True`.

Platt's logistic function gives each pair of classes its probabilities, and libsvm couples them by an iteration that
it ends as soon as it is near enough: what it ends with differs from the limit in the third digit. So the graph
takes the same steps, and keeps a row's numbers from where libsvm stops.

Source: scikit-learn 1.9, `svm/src/libsvm/svm.cpp` (`sigmoid_predict`, `multiclass_probability`,
`svm_predict_probability`); Wu, Lin, Weng, "Probability Estimates for Multi-class Classification by Pairwise Coupling",
2004, method 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np

from twinserve.compile.graph import Graph
from twinserve.compile.refusal import refusal

ROUNDS: Final[Mapping[int, int]] = {2: 2, 3: 5}
"""By the number of classes the rounds after which every row has stopped. Of two classes the 2.4 million probabilities
that were tried took at most 2; of three classes a million at random, sure ones and cycles among them, at most 4."""
LEAST: Final = 1e-7
"""The least probability of a pair."""
STOP: Final = 0.005
"""Divided by the number of classes, the difference at which the iteration ends."""


def coupled(graph: Graph, model: Any, decisions: str) -> str:
    """`[n, classes]` from the decision of each pair of classes, `[n, pairs]`; raises `CannotCompile` for more."""
    width = len(model.classes_)
    if width not in ROUNDS:
        raise refusal(model, f"the iteration of its probability=True for {width} classes is longer than a graph may be")
    rows = _matrix(graph, _of_pairs(graph, model, decisions), width)
    shares = graph.each_row(decisions, np.full(width, 1.0 / width))
    for _ in range(ROUNDS[width]):
        shares = _round(graph, rows, shares, width)
    return shares


def _of_pairs(graph: Graph, model: Any, decisions: str) -> str:
    """Of each pair the probability of its first class."""
    scaled = graph.op("Mul", decisions, graph.constant(-np.asarray(model._probA)))
    likely = graph.logistic(graph.op("Sub", scaled, graph.constant(model._probB)), len(model._probA))
    return graph.op("Clip", likely, graph.constant(LEAST), graph.constant(1.0 - LEAST))


def _matrix(graph: Graph, first: str, width: int) -> list[str]:
    """The rows `[n, classes]` of the quadratic form whose least value the iteration looks for."""
    pairs = list(combinations(range(width), 2))
    both = graph.op("Concat", first, graph.op("Sub", graph.constant(1.0), first), axis=1)
    place = {pair: k for k, pair in enumerate(pairs)} | {(j, i): k + len(pairs) for k, (i, j) in enumerate(pairs)}
    rows = []
    for t in range(width):
        others = graph.constant(1.0 - np.eye(width)[t])

        def beside(picks: Sequence[int], others: str = others) -> str:
            return graph.op("Mul", graph.gather(both, picks, 2 * len(pairs)), others)

        against = beside([place.get((j, t), 0) for j in range(width)])
        own = beside([place.get((t, j), 0) for j in range(width)])
        diagonal = graph.row_sum(graph.op("Mul", against, against), width)
        alone = graph.op("Mul", diagonal, graph.constant(np.eye(width)[t]))
        rows.append(graph.op("Sub", alone, graph.op("Mul", against, own)))
    return rows


def _round(graph: Graph, rows: Sequence[str], shares: str, width: int) -> str:
    """One round: a step for each class; a row that is near enough stays as it is."""
    one = graph.constant(1.0)
    slopes = graph.op("Concat", *(graph.row_sum(graph.op("Mul", row, shares), width) for row in rows), axis=1)
    value = graph.row_sum(graph.op("Mul", slopes, shares), width)
    apart = graph.op("Abs", graph.op("Sub", slopes, value))
    furthest = graph.op("ReduceMax", apart, graph.constant([1], np.int64), keepdims=1)
    goes_on = graph.op("GreaterOrEqual", furthest, graph.constant(STOP / width))
    moved = shares
    for t, row in enumerate(rows):
        slope, curve = graph.gather(slopes, [t], width), graph.gather(row, [t], width)
        step = graph.op("Div", graph.op("Sub", value, slope), curve)
        whole = graph.op("Add", step, one)
        gained = graph.op("Add", graph.op("Mul", step, curve), graph.op("Add", slope, slope))
        value = graph.op("Add", value, graph.op("Mul", step, gained))
        value = graph.op("Div", graph.op("Div", value, whole), whole)
        slopes = graph.op("Div", graph.op("Add", slopes, graph.op("Mul", step, row)), whole)
        own = graph.op("Mul", step, graph.constant(np.eye(width)[t]))
        moved = graph.op("Div", graph.op("Add", moved, own), whole)
    return graph.op("Where", goes_on, moved, shares)
