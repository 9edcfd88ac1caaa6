"""Projections onto fitted directions.

A projection is a sum that BLAS and ONNX Runtime round in a different order. A tree behind it may therefore compare
a number that differs in the last bit; the proof on training rows shows whether that changes an answer.

Source: scikit-learn 1.9, `decomposition/_base.py`, `decomposition/_truncated_svd.py`, `decomposition/_fastica.py`,
`decomposition/_factor_analysis.py`, `decomposition/_sparse_pca.py`, `discriminant_analysis.py`,
`neighbors/_nca.py`, `random_projection.py`, `neural_network/_rbm.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg, sparse

from twinserve.compile.blocks import Block
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.refusal import refusal
from twinserve.compile.sparse import reduced


def pca(graph: Graph, model: Any, block: Block) -> Block:
    """`x . components - mean . components`, divided by the standard deviations with `whiten`."""
    directions = np.asarray(model.components_, dtype=np.float64).T
    bias = -(model.mean_.reshape(1, -1) @ directions)[0]
    block, weights = reduced(graph, block, directions.T)
    tensor = graph.affine(graph.numbers(block, model), weights.T, bias)
    if model.whiten:
        scale = np.sqrt(model.explained_variance_)
        tensor = graph.op("Div", tensor, graph.constant(np.maximum(scale, np.finfo(scale.dtype).eps)))
    return Block.numbers(tensor, directions.shape[1])


def truncated_svd(graph: Graph, model: Any, block: Block) -> Block:
    """`x . components`; of texts alone each component is a column of the input."""
    block, directions = reduced(graph, block, np.asarray(model.components_, dtype=np.float64))
    tensor = graph.numbers(block, model)
    if block.affine is not None and np.array_equal(directions, np.eye(len(directions))):
        return block
    return Block.numbers(graph.op("MatMul", tensor, graph.constant(directions.T)), len(directions))


def _projected(graph: Graph, tensor: str, directions: Any) -> Block:
    """A tensor times directions `[columns, k]`."""
    weights = np.asarray(directions, dtype=np.float64)
    return Block.numbers(graph.op("MatMul", tensor, graph.constant(weights)), weights.shape[1])


def _centred(graph: Graph, model: Any, block: Block, mean: Any) -> str:
    return graph.op("Sub", graph.numbers(block, model), graph.constant(mean))


def independent_components(graph: Graph, model: Any, block: Block) -> Block:
    """`(x - mean) . components`."""
    tensor = _centred(graph, model, block, model.mean_) if model.whiten else graph.numbers(block, model)
    return _projected(graph, tensor, model.components_.T)


def factors(graph: Graph, model: Any, block: Block) -> Block:
    """`(x - mean) . W . cov`, of the components over the columns' noise."""
    weights = model.components_ / model.noise_variance_
    spread = linalg.inv(np.eye(len(weights)) + np.dot(weights, model.components_.T))
    turned = _projected(graph, _centred(graph, model, block, model.mean_), weights.T)
    return _projected(graph, turned.tensor, spread)


def sparse_components(graph: Graph, model: Any, block: Block) -> Block:
    """The ridge regression of each row, less the mean, on the components."""
    parts = np.asarray(model.components_, dtype=np.float64)
    square = parts @ parts.T + float(model.ridge_alpha) * np.eye(len(parts))
    return _projected(graph, _centred(graph, model, block, model.mean_), parts.T @ linalg.inv(square))


def discriminant(graph: Graph, model: Any, block: Block) -> Block:
    """`(x - mean) . scalings`."""
    if model.solver not in ("eigen", "svd"):
        raise refusal(model, f"solver={model.solver!r} does not transform")
    centred = model.solver == "svd"
    tensor = _centred(graph, model, block, model.xbar_) if centred else graph.numbers(block, model)
    return _projected(graph, tensor, model.scalings_[:, : model._max_components])


def projection(graph: Graph, model: Any, block: Block) -> Block:
    """`x . components`."""
    parts = model.components_
    return _projected(graph, graph.numbers(block, model), (parts.toarray() if sparse.issparse(parts) else parts).T)


def hidden_units(graph: Graph, model: Any, block: Block) -> Block:
    """The logistic function of `x . components + intercept`."""
    weights = np.asarray(model.components_, dtype=np.float64).T
    tensor = graph.affine(graph.numbers(block, model), weights, model.intercept_hidden_)
    return Block.numbers(graph.logistic(tensor, weights.shape[1]), weights.shape[1])


LOWERINGS: dict[str, Lowering] = {
    "sklearn.decomposition.PCA": pca,
    "sklearn.decomposition.IncrementalPCA": pca,
    "sklearn.decomposition.TruncatedSVD": truncated_svd,
    "sklearn.decomposition.FastICA": independent_components,
    "sklearn.decomposition.FactorAnalysis": factors,
    "sklearn.decomposition.MiniBatchSparsePCA": sparse_components,
    "sklearn.decomposition.SparsePCA": sparse_components,
    "sklearn.neighbors.NeighborhoodComponentsAnalysis": projection,
    "sklearn.neural_network.BernoulliRBM": hidden_units,
    "sklearn.random_projection.GaussianRandomProjection": projection,
    "sklearn.random_projection.SparseRandomProjection": projection,
    # What predictors make of a table where they are not the last step.
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis.transform": discriminant,
}
