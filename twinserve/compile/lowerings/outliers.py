"""Anomaly detectors: isolation forests, one-class support vector machines, an elliptic envelope.

Source: scikit-learn 1.9, `ensemble/_iforest.py` (`_compute_score_samples`), `svm/src/libsvm/svm.cpp`
(`svm_predict_values`), `covariance/_elliptic_envelope.py`, `linear_model/_stochastic_gradient.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from twinserve.arrays import BoolArray, FloatArray, bisected
from twinserve.compile.blocks import Block, Outputs
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.lowerings import neighbors, svm
from twinserve.compile.lowerings.trees import read_tree
from twinserve.compile.outputs import detected
from twinserve.compile.refusal import refusal
from twinserve.compile.tree import Tree
from twinserve.compile.tree_ensemble import emit

STEPS: Final = 2_000
"""Of a bisection between two doubles."""


def isolation_forest(graph: Graph, model: Any, block: Block) -> Outputs:
    """`-2^(-depth / denominator) - offset`, of the depths of a row's leaves, summed in the trees' order.

    The label is decided by the sum of depths: which is the last that scikit-learn calls an outlier is known exactly,
    whatever the last bit of the power is."""
    trees: list[tuple[int, Tree]] = []
    for place, (fitted, columns) in enumerate(zip(model.estimators_, model.estimators_features_, strict=True)):
        leaves = model._decision_path_lengths[place] + model._average_path_length_per_tree[place] - 1.0
        tree = read_tree(fitted, np.asarray(leaves, dtype=np.float64))
        trees.append((0, replace(tree, column=np.asarray(columns)[tree.column])))
    depth = emit(graph, block, trees, 1)
    denominator = len(model.estimators_) * _average_path(int(model._max_samples))
    if denominator == 0:
        raise refusal(model, "its trees have one row each")
    exponent = graph.op("Mul", graph.op("Div", depth, graph.constant(denominator)), graph.constant(-np.log(2.0)))
    power = graph.smooth("Exp", exponent, 1)
    graph.numbers(block, model)
    score = graph.op("Sub", graph.op("Neg", power), graph.constant(float(model.offset_)))
    last = _last_outlier(denominator, float(model.offset_))
    return detected(graph, score, is_outlier=graph.op("LessOrEqual", depth, graph.constant(last)))


def _average_path(rows: int) -> float:
    """The average length of a path in a tree of so many rows."""
    if rows <= 2:
        return float(max(0, rows - 1))
    return float(2.0 * (np.log(rows - 1.0) + np.euler_gamma) - 2.0 * (rows - 1.0) / rows)


def _last_outlier(denominator: float, offset: float) -> float:
    """The largest sum of depths whose decision is below 0, as NumPy computes it; -1 where there is none."""

    def are_outliers(depths: FloatArray) -> BoolArray:
        power: FloatArray = 2 ** (-np.divide(depths, denominator))
        return -power - offset < 0

    none, far = np.zeros(1), np.array([1e6 * denominator])
    last, _ = bisected(none, far, are_outliers, STEPS)
    return float(last[0]) if are_outliers(none)[0] else -1.0


def one_class(graph: Graph, model: Any, block: Block) -> Outputs:
    """The decision of a support vector machine; an inlier is above 0."""
    score = svm.regressor(graph, model, block).value
    return detected(graph, score, is_outlier=graph.op("LessOrEqual", score, graph.constant(0.0)))


def linear(graph: Graph, model: Any, block: Block) -> Outputs:
    """`x . coef - offset`; an inlier is at 0 or above."""
    weights = np.asarray(model.coef_, dtype=np.float64).reshape(1, -1)
    product = graph.op("MatMul", graph.numbers(block, model), graph.constant(weights.T))
    score = graph.op("Sub", product, graph.constant(np.ravel(model.offset_)))
    return detected(graph, score, is_outlier=graph.op("Less", score, graph.constant(0.0)))


def envelope(graph: Graph, model: Any, block: Block) -> Outputs:
    """The squared distance of Mahalanobis below the offset; an inlier is at 0 or above."""
    apart = graph.op("Sub", graph.numbers(block, model), graph.constant(model.location_))
    turned = graph.op("MatMul", apart, graph.constant(model.get_precision()))
    squared = graph.row_sum(graph.op("Mul", turned, apart), len(block.columns))
    distance = graph.op("Sqrt", squared)
    score = graph.op("Sub", graph.op("Neg", graph.op("Mul", distance, distance)), graph.constant(float(model.offset_)))
    return detected(graph, score, is_outlier=graph.op("Less", score, graph.constant(0.0)))


LOWERINGS: dict[str, Lowering] = {
    "sklearn.covariance.EllipticEnvelope": envelope,
    "sklearn.ensemble.IsolationForest": isolation_forest,
    "sklearn.linear_model.SGDOneClassSVM": linear,
    "sklearn.neighbors.LocalOutlierFactor": neighbors.nearest,
    "sklearn.svm.OneClassSVM": one_class,
}
