"""Distances to the centres of clusters, similarities to some rows, and the leaves of trees, as columns for what comes
after.

scikit-learn takes a distance from a product, so that one near 0 has lost half of its digits, in another way with each
library. The proof on real rows shows whether that changes an answer.

Source: scikit-learn 1.9, `cluster/_kmeans.py`, `cluster/_birch.py`, `cluster/_feature_agglomeration.py`,
`kernel_approximation.py` (`Nystroem`), `decomposition/_kernel_pca.py`, `preprocessing/_data.py` (`KernelCenterer`),
`ensemble/_forest.py` (`RandomTreesEmbedding`).
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.arithmetic import kernels
from twinserve.compile.blocks import Block
from twinserve.compile.graph import Graph, Lowering, require_numbers
from twinserve.compile.lowerings.kernel_models import pairwise
from twinserve.compile.lowerings.trees import read_tree
from twinserve.compile.refusal import refusal
from twinserve.compile.tree_ensemble import emit


def centres(graph: Graph, model: Any, block: Block) -> Block:
    """The distance to each centre."""
    table = np.asarray(model.cluster_centers_, dtype=np.float64)
    kernels.require_small(model, table)
    squared = kernels.library_distances(graph, graph.numbers(block, model), table)
    return Block.numbers(graph.op("Sqrt", graph.op("Relu", squared)), len(table))


def subclusters(graph: Graph, model: Any, block: Block) -> NoReturn:
    """Refused: fitted rows are the centres of their own subclusters, and their distances noise."""
    del graph, block
    raise refusal(
        model,
        "many rows are the centre of their own subcluster, and of that distance scikit-learn's product keeps no digit",
    )


def grouped(graph: Graph, model: Any, block: Block) -> Block:
    """The mean of each group of columns."""
    if model.pooling_func is not np.mean:
        raise refusal(model, "its pooling_func is not the mean")
    groups = np.eye(int(model.labels_.max()) + 1)[model.labels_]
    sums = graph.op("MatMul", graph.numbers(block, model), graph.constant(groups))
    return Block.numbers(graph.op("Div", sums, graph.constant(groups.sum(axis=0))), groups.shape[1])


def nystroem(graph: Graph, model: Any, block: Block) -> Block:
    """The similarities to some rows, times a matrix."""
    table, weights = _table(model, model.components_, np.asarray(model.normalization_, dtype=np.float64).T)
    similar = pairwise(graph, model, block, table)
    return Block.numbers(graph.op("MatMul", similar, graph.constant(weights)), weights.shape[1])


def kernel_components(graph: Graph, model: Any, block: Block) -> Block:
    """The similarities to all rows, centred, times the eigenvectors."""
    kept = np.flatnonzero(model.eigenvalues_)
    weights: FloatArray = np.zeros_like(model.eigenvectors_)
    weights[:, kept] = model.eigenvectors_[:, kept] / np.sqrt(model.eigenvalues_[kept])
    count, centerer = len(model.X_fit_), model._centerer
    table, weights = _table(model, model.X_fit_, weights)
    similar = pairwise(graph, model, block, table)
    similar = graph.gather(similar, range(count), len(table))
    mean = graph.op("Div", graph.row_sum(similar, count), graph.constant(float(count)))
    less = graph.op("Sub", graph.op("Sub", similar, graph.constant(centerer.K_fit_rows_)), mean)
    centred = graph.op("Add", less, graph.constant(float(centerer.K_fit_all_)))
    return Block.numbers(graph.op("MatMul", centred, graph.constant(weights[:count])), weights.shape[1])


def _table(model: Any, rows: Any, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    if not isinstance(rows, np.ndarray):
        raise refusal(model, "it was not fitted on an array of numbers")
    kernels.require_small(model, rows)
    return kernels.evened(rows.astype(np.float64), weights)


def waves(graph: Graph, model: Any, block: Block) -> NoReturn:
    """Refused: the cosine of a sum that is large."""
    del graph, block
    raise refusal(
        model, "it takes the cosine of a sum, which the last bits of the sum decide as soon as a number is large"
    )


def leaves(graph: Graph, model: Any, block: Block) -> Block:
    """1 for the leaf of each tree in which a row ends, 0 for the others."""
    require_numbers(block.columns, model)
    known = [np.asarray(places) for places in model.one_hot_encoder_.categories_]
    trees = []
    for place, (fitted, ends) in enumerate(zip(model.estimators_, known, strict=True)):
        codes = np.zeros(fitted.tree_.node_count)
        codes[ends] = np.arange(len(ends))
        trees.append((place, read_tree(fitted, codes)))
    ended = emit(graph, block, trees, len(trees))
    owners = np.repeat(np.arange(len(known)), [len(ends) for ends in known])
    codes = np.concatenate([np.arange(len(ends)) for ends in known]).astype(np.float64)
    is_leaf = graph.op("Equal", graph.gather(ended, owners.tolist(), len(trees)), graph.constant(codes))
    return Block.numbers(graph.as_double(is_leaf), len(codes))


LOWERINGS: dict[str, Lowering] = {
    "sklearn.cluster.Birch": subclusters,
    "sklearn.cluster.BisectingKMeans": centres,
    "sklearn.cluster.FeatureAgglomeration": grouped,
    "sklearn.cluster.KMeans": centres,
    "sklearn.cluster.MiniBatchKMeans": centres,
    "sklearn.decomposition.KernelPCA": kernel_components,
    "sklearn.ensemble.RandomTreesEmbedding": leaves,
    "sklearn.kernel_approximation.Nystroem": nystroem,
    "sklearn.kernel_approximation.RBFSampler": waves,
    "sklearn.kernel_approximation.SkewedChi2Sampler": waves,
}
