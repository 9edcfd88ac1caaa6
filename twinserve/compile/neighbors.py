"""Neighbours, which no graph answers as scikit-learn does: each class with its reason.

Measured with scikit-learn 1.9 on rows made of values that the data hold: of iris, 10 % have a fifth and a sixth
neighbour at the same distance, and `kd_tree` and `brute` vote differently on 1.1 %; of digits, 0.4 % get other votes
alone than in a batch. Far from all rows every distance is the same double.

Source: scikit-learn 1.9, `neighbors/_classification.py`, `neighbors/_binary_tree.pxi.tp`,
`neighbors/_nearest_centroid.py`, `metrics/_pairwise_distances_reduction/_argkmin.pyx.tp`,
`gaussian_process/_gpc.py`.
"""

from __future__ import annotations

from typing import Any, NoReturn

from twinserve.compile.blocks import Block
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


def centroid(graph: Graph, model: Any, block: Block) -> NoReturn:
    """Refused: far away the distances to all centroids agree in all but the last digits, which decide."""
    del graph, block
    raise refusal(
        model,
        "far from its centroids the last digits of a distance decide, and those depend on the processor's linear algebra",
    )


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
