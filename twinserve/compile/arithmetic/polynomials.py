"""Several polynomials at once, by Horner's rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.graph import Graph


def polynomials(graph: Graph, arguments: Sequence[str], coefficients: Sequence[Sequence[float]]) -> list[str]:
    """The value of each polynomial, `[n, width]`; its coefficients are given highest first, and its argument is
    `[n, width]`."""
    axis = graph.constant([1], np.int64)
    tall = [graph.op("Unsqueeze", tensor, axis) for tensor in arguments]
    x = graph.op("Concat", *tall, axis=1)
    rows = _beside(coefficients)
    value = graph.constant(rows[0])
    for row in rows[1:]:
        value = graph.op("Add", graph.op("Mul", value, x), graph.constant(row))
    return [graph.op("Gather", value, graph.constant(place, np.int64), axis=1) for place in range(len(coefficients))]


def _beside(coefficients: Sequence[Sequence[float]]) -> FloatArray:
    """`[degree + 1, polynomials, 1]`: their coefficients, the highest first."""
    longest = max(map(len, coefficients))
    rows = [[0.0] * (longest - len(some)) + list(some) for some in coefficients]
    return np.array(rows).T[:, :, None]
