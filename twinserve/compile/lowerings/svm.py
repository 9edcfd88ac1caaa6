"""Support vector machines with a kernel.

Of more than two classes every pair has a decision, and the class with most votes is the label: the first of equals,
unless `break_ties` asks for the sum of its decisions. Votes are counted as libsvm counts them: `d > 0`.

Source: scikit-learn 1.9, `svm/_base.py`, `svm/src/libsvm/svm.cpp` (`k_function`, `svm_predict_values`),
`utils/multiclass.py` (`_ovr_decision_function`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any, Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.arithmetic import kernels
from twinserve.compile.arithmetic.pairwise_coupling import coupled
from twinserve.compile.blocks import Block, Classified, Regressed
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.refusal import refusal

KERNELS: Final = ("linear", "poly", "rbf", "sigmoid")
MOST_EXACT: Final = 10
"""The most pairs of classes that are summed one by one: each takes about 3 us a row."""


def regressor(graph: Graph, model: Any, block: Block) -> Regressed:
    """`sum of coefficient * kernel + intercept`."""
    table, weights = _fitted(model)
    wide = kernels.evened(table, weights)
    similar = _similarities(graph, model, graph.numbers(block, model), *wide)
    products = graph.op("Mul", similar, graph.constant(wide[1][:, 0]))
    total = graph.row_sum(products, len(wide[0]))
    return Regressed(graph.op("Add", total, graph.constant(model._intercept_)))


def classifier(graph: Graph, model: Any, block: Block) -> Classified:
    """The class with most votes; with `probability=True` of two classes Platt's probabilities."""
    decisions = _decisions(graph, model, block)
    width = len(model.classes_)
    won = graph.as_double(graph.op("Greater", decisions, graph.constant(0.0)))
    first, second = _of_pairs(width)
    # A vote is the first class's where it won, else the second's.
    votes = graph.affine(won, first - second, second.sum(axis=0))
    label, decision = graph.argmax(votes), None
    if width == 2:
        decision = graph.op("Neg", decisions)
    elif model.decision_function_shape == "ovr":
        decision = _one_vs_rest(graph, decisions, first, second)
        if model.break_ties:
            overflowed = graph.op("IsNaN", decision)  # NumPy's argmax is the first NaN.
            label = graph.argmax(graph.op("Where", overflowed, graph.constant(np.inf), decision))
    probabilities = coupled(graph, model, decisions) if hasattr(model, "predict_proba") else None
    return Classified(label, width, probabilities, decision)


def _decisions(graph: Graph, model: Any, block: Block) -> str:
    """`[n, pairs]`: of each pair of classes the decision, positive for the first."""
    table, weights = _fitted(model)
    ends = np.cumsum([0, *model._n_support]).tolist()
    owned = [range(start, end) for start, end in pairwise(ends)]
    wide = kernels.evened(table, weights)
    similar = _similarities(graph, model, graph.numbers(block, model), *wide)
    pairs = list(combinations(range(len(owned)), 2))
    if len(pairs) > MOST_EXACT:
        sums = _sums_of_classes(graph, similar, len(wide[0]), weights, owned)
    else:
        parts = [_sum_of_pair(graph, similar, len(wide[0]), weights, (i, owned[i]), (j, owned[j])) for i, j in pairs]
        sums = graph.op("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]
    return graph.op("Add", sums, graph.constant(model._intercept_))


def _sum_of_pair(
    graph: Graph, similar: str, width: int, weights: FloatArray, first: tuple[int, range], second: tuple[int, range]
) -> str:
    """`[n, 1]`: each product rounded, then summed vector after vector as libsvm does, so that decisions that cancel are
    0 in both, and a sum overflows where libsvm's does."""
    (i, own), (j, other) = first, second
    factors = np.concatenate([weights[own, j - 1], weights[other, i]])
    similar = graph.gather(similar, [*own, *other], width)
    return graph.row_sum(graph.op("Mul", similar, graph.constant(factors)), len(factors))


def _sums_of_classes(graph: Graph, similar: str, width: int, weights: FloatArray, owned: Sequence[range]) -> str:
    """`[n, pairs]`: each class's sums against all others in one product, which is faster for many classes."""
    others = len(owned) - 1
    sums = [
        graph.op("MatMul", graph.gather(similar, own, width), graph.constant(weights[own.start : own.stop]))
        for own in owned
    ]
    whole, columns = graph.op("Concat", *sums, axis=1), len(owned) * others
    pairs = list(combinations(range(len(owned)), 2))
    of_first = graph.gather(whole, [i * others + j - 1 for i, j in pairs], columns)
    of_second = graph.gather(whole, [j * others + i for i, j in pairs], columns)
    return graph.op("Add", of_first, of_second)


def _one_vs_rest(graph: Graph, decisions: str, first: FloatArray, second: FloatArray) -> str:
    """For each class its votes, and the sum of its decisions brought between -1/3 and 1/3."""
    lost = graph.as_double(graph.op("Less", graph.op("Neg", decisions), graph.constant(0.0)))
    votes = graph.affine(lost, first - second, second.sum(axis=0))
    total = graph.op("MatMul", decisions, graph.constant(first - second))
    scale = graph.op("Mul", graph.op("Add", graph.op("Abs", total), graph.constant(1.0)), graph.constant(3.0))
    return graph.op("Add", votes, graph.op("Div", total, scale))


def _of_pairs(width: int) -> tuple[FloatArray, FloatArray]:
    """`[pairs, classes]`: 1 for the first class of each pair, and 1 for the second."""
    first, second = np.array(list(combinations(range(width), 2))).T
    return np.eye(width)[first], np.eye(width)[second]


def _fitted(model: Any) -> tuple[FloatArray, FloatArray]:
    """The support vectors `[vectors, columns]` and their coefficients `[vectors, k]`."""
    if model.kernel not in KERNELS:
        named = f"kernel={model.kernel!r}" if isinstance(model.kernel, str) else "a kernel that is a function"
        raise refusal(model, f"{named} is not lowered")
    if model._sparse:
        raise refusal(model, "it was fitted on a sparse matrix, which is not lowered")
    table = np.asarray(model.support_vectors_, dtype=np.float64)
    kernels.require_small(model, table)
    if not len(table):
        raise refusal(model, "it has no support vectors")
    return table, np.asarray(model._dual_coef_, dtype=np.float64).T


def _similarities(graph: Graph, model: Any, tensor: str, table: FloatArray, weights: FloatArray) -> str:
    gamma, shift = float(model._gamma), graph.constant(float(model.coef0))
    if model.kernel == "rbf":
        if kernels.lost_digits(table, gamma, weights) <= kernels.MOST_LOST:
            return kernels.radial(graph, tensor, table, gamma)
        if kernels.lost_digits(np.zeros((1, 1)), gamma, weights) > kernels.MOST_LOST:
            raise refusal(model, "its coefficients are so large that the last digits of similarities decide")
        distances = kernels.exact_squared_distances(graph, model, tensor, table)
        return graph.op("Exp", graph.op("Mul", distances, graph.constant(-gamma)))
    dots = kernels.products(graph, tensor, table)
    if model.kernel == "linear":
        return dots
    scaled = graph.op("Add", graph.op("Mul", dots, graph.constant(gamma)), shift)
    return graph.op("Tanh", scaled) if model.kernel == "sigmoid" else kernels.power(graph, scaled, int(model.degree))


LOWERINGS: dict[str, Lowering] = {
    "sklearn.svm.SVC": classifier,
    "sklearn.svm.NuSVC": classifier,
    "sklearn.svm.SVR": regressor,
    "sklearn.svm.NuSVR": regressor,
}
