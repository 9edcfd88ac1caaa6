"""Projections onto fitted directions.

A projection is a sum that BLAS and ONNX Runtime round in a different order. A tree behind it may therefore compare
a number that differs in the last bit; the proof on training rows shows whether that changes an answer.

Source: scikit-learn 1.9, `decomposition/_base.py`, `decomposition/_truncated_svd.py`,
`discriminant_analysis.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.compile.blocks import Block
from twinserve.compile.graph import Graph, Lowering
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


LOWERINGS: dict[str, Lowering] = {
    "sklearn.decomposition.PCA": pca,
    "sklearn.decomposition.IncrementalPCA": pca,
    "sklearn.decomposition.TruncatedSVD": truncated_svd,
}
