"""Nearest centroids; and neighbours, which no graph answers as scikit-learn does, with the reason.

Measured with scikit-learn 1.9 on rows made of values that the data hold: of iris, 10 % have a fifth and a sixth
neighbour at the same distance, and `kd_tree` and `brute` vote differently on 1.1 %; of digits, 0.4 % get other votes
alone than in a batch. Far from all rows every distance is the same double.

Source: scikit-learn 1.9, `neighbors/_classification.py`, `neighbors/_binary_tree.pxi.tp`,
`neighbors/_nearest_centroid.py`, `metrics/_pairwise_distances_reduction/_argkmin.pyx.tp`,
`gaussian_process/_gpc.py`.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.arithmetic import kernels
from twinserve.compile.blocks import Block, Classified
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.refusal import refusal


def nearest(graph: Graph, model: Any, block: Block) -> NoReturn:
    """Refused: of rows at the same distance the order of a search decides which are neighbours."""
    del graph, block
    raise refusal(
        model,
        "which of the rows at the same distance are neighbours is decided by the order of scikit-learn's search, which "
        "depends on the tree and on how many rows are asked at once",
    )


def centroid(graph: Graph, model: Any, block: Block) -> Classified:
    """The nearest centroid; with a prior of its own, and for probabilities, of columns over their spread in a class."""
    if model.metric != "euclidean":
        raise refusal(model, f"metric={model.metric!r} is not lowered")
    tensor, centres = graph.numbers(block, model), np.asarray(model.centroids_, dtype=np.float64)
    kernels.require_small(model, centres)
    spread = np.where(model.within_class_std_dev_ != 0, model.within_class_std_dev_, 1.0)
    priors, width = np.asarray(model.class_prior_), len(centres)
    rows = graph.op("Unsqueeze", tensor, graph.constant([1], np.int64))
    scaled = _distances(graph, graph.op("Div", rows, graph.constant(spread)), centres / spread)
    scores = graph.op("Sub", graph.constant(2.0 * np.log(priors)), scaled)
    # Without priors the label is of the columns as they are.
    plain = np.isclose(priors, 1.0 / width).all()
    label = graph.argmax(graph.op("Neg", _distances(graph, rows, centres)) if plain else scores)
    decision = scores if width > 2 else graph.op("MatMul", scores, graph.constant([[-1.0], [1.0]]))
    return Classified(label, width, graph.softmax(scores, width), decision)


def _distances(graph: Graph, rows: str, centres: FloatArray) -> str:
    """`[n, classes]`: squared distances of rows `[n, 1, columns]`, by their differences."""
    apart = graph.op("Sub", rows, graph.constant(centres))
    return graph.op("MatMul", graph.op("Mul", apart, apart), graph.constant(np.ones(centres.shape[1])))


def process_classifier(graph: Graph, model: Any, block: Block) -> NoReturn:
    """Refused: its probabilities are integrals of the error function."""
    del graph, block
    raise refusal(model, "its probabilities need the error function, which ONNX Runtime has in single precision only")


LOWERINGS: dict[str, Lowering] = {
    "sklearn.gaussian_process.GaussianProcessClassifier": process_classifier,
    "sklearn.neighbors.KNeighborsClassifier": nearest,
    "sklearn.neighbors.KNeighborsRegressor": nearest,
    "sklearn.neighbors.NearestCentroid": centroid,
}
