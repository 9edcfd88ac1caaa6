"""Nearest centroids, neighbours within a radius and labels spread by similarity; and the nearest neighbours, which no
graph answers as scikit-learn does, with the reason.

Measured with scikit-learn 1.9 on rows made of values that the data hold: of iris, 10 % have a fifth and a sixth
neighbour at the same distance, and `kd_tree` and `brute` vote differently on 1.1 %; of digits, 0.4 % get other votes
alone than in a batch. Far from all rows every distance is the same double.

Source: scikit-learn 1.9, `neighbors/_classification.py`, `neighbors/_regression.py`,
`neighbors/_binary_tree.pxi.tp`, `neighbors/_nearest_centroid.py`, `semi_supervised/_label_propagation.py`,
`metrics/_pairwise_distances_reduction/_argkmin.pyx.tp`.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile import outputs
from twinserve.compile.arithmetic import kernels
from twinserve.compile.blocks import LARGEST, Block, Classified, Outputs, Regressed
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.limits import Limit
from twinserve.compile.refusal import refusal

SOME_ROWS: Final = 500


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
    return kernels.summed(graph, graph.op("Mul", apart, apart), centres.shape[1])


def radius_classifier(graph: Graph, model: Any, block: Block) -> Classified | Outputs:
    """The votes of all rows within the radius; without any, the class that stands for such rows, or no answer."""
    near, count = _within(graph, model, block)
    several = bool(model.outputs_2d_)
    classes = model.classes_ if several else [model.classes_]
    labels = np.asarray(model._y).reshape(len(model._fit_X), -1)
    outliers = [None] * len(classes) if model.outlier_label_ is None else list(model.outlier_label_)
    if model.outlier_label_ is None:
        graph.demand(Block.numbers(count, 1), Limit(1.0, LARGEST, null=False))
    outcomes: list[Classified] = []
    for known, codes, outlier in zip(classes, labels.T, outliers, strict=True):
        votes = graph.op("MatMul", near, graph.constant(np.eye(len(known))[codes]))
        if outlier is not None:
            if outlier not in known:
                raise refusal(model, f"its outlier_label={outlier!r} is none of its classes")
            alone = graph.op("Equal", count, graph.constant(0.0))
            votes = graph.op("Where", alone, graph.constant((known == outlier).astype(np.float64)), votes)
        likely = graph.op("Div", votes, graph.row_sum(votes, len(known)))
        outcomes.append(Classified(graph.argmax(likely), len(known), likely))
    return outputs.several(graph, model, outcomes) if several else outcomes[0]


def radius_regressor(graph: Graph, model: Any, block: Block) -> Regressed | Outputs:
    """The mean of all rows within the radius, weighted; without any, 0 / 0 is no answer."""
    near, _ = _within(graph, model, block)
    values = np.asarray(model._y, dtype=np.float64).reshape(len(model._fit_X), -1)
    mean = graph.op("Div", graph.op("MatMul", near, graph.constant(values)), graph.row_sum(near, len(values)))
    return Regressed(mean) if np.ndim(model._y) == 1 else outputs.several_values(mean, values.shape[1])


def _within(graph: Graph, model: Any, block: Block) -> tuple[str, str]:
    """`[n, rows]`: the weights of the rows within the radius, 0 beyond; and `[n, 1]`, how many there are.

    A tree compares squared distances with the squared radius, summed column by column."""
    table = np.asarray(model._fit_X, dtype=np.float64)
    tensor, radius = graph.numbers(block, model), float(model.radius)
    metric, power = model.effective_metric_, model.effective_metric_params_.get("p")
    if model._fit_method == "brute" and model.weights == "distance":
        raise refusal(model, "of a distance near 0 a product keeps no digit, and the weight of a row is its inverse")
    if model._fit_method == "brute" and _has_rows_at_the_radius(table, radius):
        raise refusal(model, "rows lie at just its radius, where the last bit of a product decides which are within")
    if metric == "euclidean":
        distances = kernels.exact_squared_distances(graph, model, tensor, table)
        is_near = graph.op("LessOrEqual", distances, graph.constant(radius**2))
    elif metric == "manhattan":
        distances = kernels.exact_city_distances(graph, model, tensor, table)
        is_near = graph.op("LessOrEqual", distances, graph.constant(radius))
    else:
        raise refusal(model, f"metric={metric!r}{'' if power is None else f' with p={power}'} is not lowered")
    near = graph.as_double(is_near)
    count = graph.row_sum(near, len(table))
    if model.weights in (None, "uniform"):
        return near, count
    if model.weights != "distance":
        raise refusal(model, "its weights are a function")
    distances = graph.op("Sqrt", distances) if metric == "euclidean" else distances
    same = graph.as_double(graph.op("Equal", distances, graph.constant(0.0)))
    inverse = graph.op("Where", is_near, graph.op("Div", graph.constant(1.0), distances), graph.constant(0.0))
    has_same = graph.op("Greater", graph.row_sum(same, len(table)), graph.constant(0.0))
    return graph.op("Where", has_same, same, inverse), count


def _has_rows_at_the_radius(table: FloatArray, radius: float) -> bool:
    """Whether two fitted rows are as far from one another as the radius, but for the last digits."""
    some = table[:SOME_ROWS]
    distances = np.sqrt(np.square(some[:, np.newaxis] - some).sum(axis=2))
    return bool((np.abs(distances - radius) <= 1e-9 * (1.0 + radius)).any())


def propagated(graph: Graph, model: Any, block: Block) -> Classified:
    """The fitted rows' labels, weighed by their similarity: where every one is 0 there is no answer."""
    if model.kernel == "knn":
        return nearest(graph, model, block)
    if model.kernel != "rbf":
        raise refusal(model, "its kernel is a function")
    table, gamma = np.asarray(model.X_, dtype=np.float64), float(model.gamma)
    kernels.require_small(model, table)
    lost = gamma * float(np.square(table).sum(axis=1).max()) * np.finfo(np.float64).eps
    if lost > kernels.MOST_LOST / 10.0:
        raise refusal(model, "its numbers are so large for its gamma that scikit-learn's own distances lose digits")
    table, labels = kernels.evened(table, np.asarray(model.label_distributions_, dtype=np.float64))
    tensor = graph.numbers(block, model)
    distances = graph.op("Relu", kernels.library_distances(graph, tensor, table))
    similar = graph.op("Exp", graph.op("Mul", distances, graph.constant(-gamma)))
    scores = graph.op("MatMul", similar, graph.constant(labels))
    likely = graph.op("Div", scores, graph.row_sum(scores, labels.shape[1]))
    return Classified(graph.argmax(likely), labels.shape[1], likely)


LOWERINGS: dict[str, Lowering] = {
    "sklearn.neighbors.KNeighborsClassifier": nearest,
    "sklearn.neighbors.KNeighborsRegressor": nearest,
    "sklearn.neighbors.NearestCentroid": centroid,
    "sklearn.neighbors.RadiusNeighborsClassifier": radius_classifier,
    "sklearn.neighbors.RadiusNeighborsRegressor": radius_regressor,
    "sklearn.semi_supervised.LabelPropagation": propagated,
    "sklearn.semi_supervised.LabelSpreading": propagated,
}
