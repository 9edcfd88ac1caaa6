"""Partial least squares and canonical correlation: a linear model of columns less their means.

Source: scikit-learn 1.9, `cross_decomposition/_pls.py` (`_PLS.predict`).
"""

from __future__ import annotations

from typing import Any

from twinserve.compile.blocks import Block, Outputs, Regressed
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.lowerings import linear


def regressor(graph: Graph, model: Any, block: Block) -> Regressed | Outputs:
    """`(x - mean) . coef + intercept`."""
    centred = graph.op("Sub", graph.numbers(block, model), graph.constant(model._x_mean))
    affine = block.affine and block.affine.minus(model._x_mean)
    return linear.regressor(graph, model, Block.numbers(centred, len(block.columns), affine))


LOWERINGS: dict[str, Lowering] = {
    "sklearn.cross_decomposition.CCA": regressor,
    "sklearn.cross_decomposition.PLSCanonical": regressor,
    "sklearn.cross_decomposition.PLSRegression": regressor,
}
