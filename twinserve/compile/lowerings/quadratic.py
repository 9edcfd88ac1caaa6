"""Quadratic discriminant analysis: the log posterior of each class; the label is the first largest.

Source: scikit-learn 1.9, `discriminant_analysis.py` (`QuadraticDiscriminantAnalysis`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.compile.blocks import Block, Classified
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.outputs import beside


def discriminant(graph: Graph, model: Any, block: Block) -> Classified:
    """`-(|((x - mean) . rotation) / sqrt(scaling)|^2 + sum(log(scaling))) / 2 + log prior`; probabilities are its
    softmax, and the decision of two classes is the difference."""
    rows, width = graph.numbers(block, model), len(model.classes_)
    distances = [
        _distance(graph, rows, *fitted) for fitted in zip(model.means_, model.rotations_, model.scalings_, strict=True)
    ]
    sizes = np.array([np.sum(np.log(scaling)) for scaling in model.scalings_])
    half = graph.op("Mul", graph.op("Add", beside(graph, distances), graph.constant(sizes)), graph.constant(-0.5))
    scores = graph.op("Add", half, graph.constant(np.log(model.priors_)))
    label, probabilities = graph.argmax(scores), graph.softmax(scores, width)
    if width > 2:
        return Classified(label, width, probabilities, scores)
    difference = graph.op("Sub", graph.gather(scores, [1], 2), graph.gather(scores, [0], 2))
    return Classified(label, width, probabilities, difference)


def _distance(graph: Graph, rows: str, mean: Any, rotation: Any, scaling: Any) -> str:
    """The squared distance of each row `[n, 1]` from the mean of a class, in units of its own covariance."""
    far = graph.op("Sub", rows, graph.constant(mean))
    scaled = graph.op("MatMul", far, graph.constant(rotation * scaling**-0.5))
    return graph.row_sum(graph.op("Mul", scaled, scaled), len(scaling))


LOWERINGS: dict[str, Lowering] = {
    "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis": discriminant,
}
