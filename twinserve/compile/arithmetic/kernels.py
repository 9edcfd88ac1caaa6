"""Kernels: the similarity of a row to each row of a fitted table, `[n, rows]`.

A squared distance is `|z|^2 + |s|^2 - 2 z.s` of rows less their centre: one product for all rows of the table, eight
times faster than the differences themselves. A column far beyond the table is cut where every similarity is 0 anyway,
so that nothing overflows. The centre is a multiple of a power of two, which keeps whole numbers whole: equal distances
between such rows stay equal. Where this loses too many digits, the differences themselves are squared.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.graph import Graph
from twinserve.compile.refusal import refusal

MOST_NUMBERS: Final = 1_000_000
"""The numbers of a fitted table that a row is compared with: 8 MB of model, and half a millisecond for a row."""
MOST_DIFFERENCES: Final = 200_000
"""The same where each difference is computed: two milliseconds for a row."""
MOST_LOST: Final = 1e-9
"""The largest error of an answer that rounding in distances may cause, estimated from above."""
SQUARE_IS_INFINITE: Final = 1e200
NOTHING: Final = 800.0
"""`exp` of less than minus this is 0."""


def require_small(model: Any, table: FloatArray, most: int | None = None) -> None:
    """Raise `CannotCompile` for a table that a row takes too long to compare with: of more than `most` numbers."""
    most = MOST_NUMBERS if most is None else most
    if table.size > most:
        rows, columns = table.shape
        raise refusal(
            model, f"a row is compared with {rows} rows of {columns} numbers, and a graph holds {most:,} of them"
        )


def differences(graph: Graph, tensor: str, table: FloatArray) -> str:
    """`[n, rows, columns]`: a row less each row of the table."""
    return graph.op("Sub", graph.op("Unsqueeze", tensor, graph.constant([1], np.int64)), graph.constant(table))


def summed(graph: Graph, tensor: str, columns: int) -> str:
    """`[n, rows]`: the sums over the columns."""
    return graph.op("MatMul", tensor, graph.constant(np.ones(columns)))


def exact_squared_distances(graph: Graph, model: Any, tensor: str, table: FloatArray) -> str:
    """`[n, rows]`, by the differences, as scikit-learn's trees and SciPy's `cdist` compute them."""
    require_small(model, table, MOST_DIFFERENCES)
    apart = differences(graph, tensor, table)
    return summed(graph, graph.op("Mul", apart, apart), table.shape[1])


def exact_city_distances(graph: Graph, model: Any, tensor: str, table: FloatArray) -> str:
    """`[n, rows]`: the sums of absolute differences."""
    require_small(model, table, MOST_DIFFERENCES)
    return summed(graph, graph.op("Abs", differences(graph, tensor, table)), table.shape[1])


def products(graph: Graph, tensor: str, table: FloatArray) -> str:
    """The dot product with each row of the table."""
    return graph.op("MatMul", tensor, graph.constant(table.T))


def library_distances(graph: Graph, tensor: str, table: FloatArray) -> str:
    """The squared distance to each row of the table as `euclidean_distances` computes it, in its order, with the digits
    that it loses; a row that is too large for it has no answer here either."""
    own = graph.row_sum(graph.op("Mul", tensor, tensor), table.shape[1])
    crossed = graph.op("Add", graph.op("Mul", products(graph, tensor, table), graph.constant(-2.0)), own)
    return graph.op("Add", crossed, graph.constant(np.square(table).sum(axis=1)))


def squared_distances(graph: Graph, tensor: str, table: FloatArray, reach: float) -> str:
    """The squared distance to each row of the table; one over `reach` may be another number over `reach`, infinity
    where that is."""
    centre = _centre(table)
    moved = table - centre
    ends = np.minimum(np.abs(moved).max(axis=0) + np.sqrt(reach), SQUARE_IS_INFINITE)
    z = graph.op("Sub", tensor, graph.constant(centre))
    low, high = graph.op("Less", z, graph.constant(-ends)), graph.op("Greater", z, graph.constant(ends))
    z = graph.op("Where", low, graph.constant(-ends), graph.op("Where", high, graph.constant(ends), z))
    own = graph.row_sum(graph.op("Mul", z, z), table.shape[1])
    crossed = graph.affine(z, -2.0 * moved.T, np.square(moved).sum(axis=1))
    return graph.op("Add", crossed, own)


def radial(graph: Graph, tensor: str, table: FloatArray, gamma: float) -> str:
    """`exp(-gamma distance^2)`; the table has an even number of rows (`evened`)."""
    distances = squared_distances(graph, tensor, table, NOTHING / gamma)
    return graph.op("Exp", graph.op("Mul", distances, graph.constant(-gamma)))


def lost_digits(table: FloatArray, gamma: float, weights: FloatArray) -> float:
    """An upper estimate of the error that rounding in `radial` brings into a weighted sum of its similarities."""
    furthest = float(np.square(table - _centre(table)).sum(axis=1).max(initial=0.0))
    relative = (gamma * furthest + NOTHING / 100.0) * np.finfo(np.float64).eps
    return relative * float(np.abs(weights).sum(axis=0).max(initial=0.0))


def evened(table: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The same rows `[rows, columns]` and their weights `[rows, k]`, with one more row of weight 0 if they are odd."""
    if len(table) % 2 == 0:
        return table, weights
    return np.concatenate([table, table[-1:]]), np.concatenate([weights, np.zeros((1, weights.shape[1]))])


def power(graph: Graph, tensor: str, exponent: int) -> str:
    """A whole power by repeated squaring, as libsvm takes it."""
    result, square = "", tensor
    while exponent:
        if exponent % 2:
            result = graph.op("Mul", result, square) if result else square
        exponent //= 2
        if exponent:
            square = graph.op("Mul", square, square)
    return result or graph.op("Add", graph.op("Mul", tensor, graph.constant(0.0)), graph.constant(1.0))


def _centre(table: FloatArray) -> FloatArray:
    """About the middle of the rows."""
    spread = np.maximum(np.ptp(table, axis=0), np.finfo(np.float64).tiny) / 4.0
    step = np.exp2(np.floor(np.log2(spread)))
    centre: FloatArray = np.rint(table.mean(axis=0) / step) * step
    return np.where(np.isfinite(centre), centre, 0.0)
