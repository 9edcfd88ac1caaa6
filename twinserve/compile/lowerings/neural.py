"""Multi-layer perceptrons: a product and an activation for each layer.

Source: scikit-learn 1.9, `neural_network/_multilayer_perceptron.py` (`_forward_pass_fast`),
`neural_network/_base.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.blocks import Block, Classified, Outputs, Regressed
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.outputs import both, chosen, several_labels, several_values
from twinserve.compile.refusal import refusal
from twinserve.compile.sparse import reduced

_KINDS = {"identity": None, "logistic": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}


def classifier(graph: Graph, model: Any, block: Block) -> Classified | Outputs:
    """The last layer through the logistic function (two classes or several labels: over 0.5) or softmax."""
    last, width = _last_layer(graph, model, block)
    if model.out_activation_ == "softmax":
        probabilities = graph.softmax(last, width)
        return Classified(graph.argmax(probabilities), width, probabilities)
    if width > 1:
        likely = graph.smooth("Sigmoid", last, width)
        labels = chosen(graph, graph.op("Greater", likely, graph.constant(0.5)), width)
        return several_labels(labels, both(graph, likely, width), width, 2 * width)
    pair = graph.smooth("Sigmoid", graph.op("Mul", last, graph.constant([[-1.0, 1.0]])), 2)
    return Classified(graph.argmax(pair), 2, pair)


def regressor(graph: Graph, model: Any, block: Block) -> Regressed | Outputs:
    """The last layer, or its `exp` with the Poisson loss (since 1.7)."""
    last, width = _last_layer(graph, model, block)
    if model.out_activation_ not in ("identity", "exp"):
        raise refusal(model, f"out_activation_={model.out_activation_!r} is not lowered")
    value = last if model.out_activation_ == "identity" else graph.smooth("Exp", last, width)
    return Regressed(value) if width == 1 else several_values(value, width)


def _last_layer(graph: Graph, model: Any, block: Block) -> tuple[str, int]:
    """The last layer before its activation, `[n, width]`."""
    if model.activation not in _KINDS:
        raise refusal(model, f"activation={model.activation!r} is not lowered")
    layers = [(np.asarray(w, dtype=np.float64), b) for w, b in zip(model.coefs_, model.intercepts_, strict=True)]
    block, first = reduced(graph, block, layers[0][0].T)
    layers[0] = first.T, layers[0][1]
    tensor, kind = graph.numbers(block, model), _KINDS[model.activation]
    extra = 0
    for weights, bias in layers[:-1]:
        wide, start, extra = _even(weights, bias, extra)
        tensor = graph.affine(tensor, wide, start)
        tensor = graph.op(kind, tensor) if kind is not None else tensor
    weights, bias = layers[-1]
    return graph.affine(tensor, _rows(weights, extra), bias), weights.shape[1]


def _even(weights: FloatArray, bias: FloatArray, extra: int) -> tuple[FloatArray, FloatArray, int]:
    """A layer padded to an even number of units by an idle one, after a layer with `extra` idle units."""
    idle = weights.shape[1] % 2
    return np.pad(_rows(weights, extra), ((0, 0), (0, idle))), np.pad(bias, (0, idle)), idle


def _rows(weights: FloatArray, extra: int) -> FloatArray:
    return np.pad(weights, ((0, extra), (0, 0)))


LOWERINGS: dict[str, Lowering] = {
    "sklearn.neural_network.MLPClassifier": classifier,
    "sklearn.neural_network.MLPRegressor": regressor,
}
