"""Numbers as their place among the quantiles of the training rows, between 0 and 1 or as normal deviates.

Source: scikit-learn 1.9, `preprocessing/_data.py` (`QuantileTransformer`); NumPy's `interp`; SciPy 1.17, `ndtri`
(Cephes, `ndtri.c`).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.arithmetic.normal_deviates import normal_deviates
from twinserve.compile.arithmetic.search_tree import search_tree
from twinserve.compile.blocks import Block
from twinserve.compile.graph import INT64, Graph, Lowering
from twinserve.compile.library_functions import Rising, transform_of
from twinserve.compile.refusal import refusal
from twinserve.compile.tree_ensemble import emit

NEAR: Final = 1e-7
"""How near a number is to the first or last quantile to count as that, where normal deviates are made."""


def quantile(graph: Graph, model: Any, block: Block) -> Block:
    """The mean of two interpolations between quantiles: from below and from above, which differ where some are equal.

    0 at and below the first quantile, 1 at and above the last."""
    source, width = graph.numbers(block, model), len(block.columns)
    quantiles = np.asarray(model.quantiles_, dtype=np.float64)
    places = np.asarray(model.references_, dtype=np.float64)
    tables = [_table(column, places) for column in quantiles.T]
    if not all(np.isfinite(part).all() for table in tables for part in table):
        raise refusal(model, "its quantiles are too close to each other, or not finite")
    place = _interpolated(graph, source, quantiles, tables)
    below, above = _beyond(graph, source, quantiles, is_normal=model.output_distribution == "normal")
    place = graph.op("Where", above, graph.constant(1.0), place)
    place = graph.op("Where", below, graph.constant(0.0), place)
    made = normal_deviates(graph, place, width) if model.output_distribution == "normal" else place
    graph.rising[made] = Rising(source, width, transform_of(model))
    return Block.numbers(made, width)


Table = tuple[FloatArray, FloatArray, FloatArray]
"""For each segment between quantiles its slope, and the end from which it starts: quantile and place."""


def _table(quantiles: FloatArray, places: FloatArray) -> Table:
    """The segments by the number of quantiles at or below a number, then by the number of those below it.

    The first start at their left end, the others at their right end. Before and behind all quantiles it is flat."""
    with np.errstate(all="ignore"):
        inner = np.diff(places) / np.diff(quantiles)
    inner[np.diff(quantiles) == 0.0] = 0.0  # No number is between them.
    slope = np.concatenate([[0.0], inner, [0.0]])
    left, right = (np.concatenate([part[:1], part]) for part in (quantiles, places))
    ends = [np.concatenate([part, part[-1:]]) for part in (quantiles, places)]
    return np.concatenate([slope, slope]), np.concatenate([left, ends[0]]), np.concatenate([right, ends[1]])


def _interpolated(graph: Graph, source: str, quantiles: FloatArray, tables: list[Table]) -> str:
    """`[n, columns]`: half the sum of `slope * (x - quantile) + place` of both interpolations."""
    count, width = quantiles.shape
    segments = [
        (column + way * width, _segments(edges, column, (2 * column + way) * (count + 1)))
        for column in range(width)
        for way, edges in enumerate((np.nextafter(quantiles[:, column], -np.inf), quantiles[:, column]))
    ]
    found = emit(graph, Block.numbers(source, width), segments, 2 * width)
    found = graph.op("Cast", found, to=INT64)
    slope, x, y = (
        graph.op("Gather", graph.constant(np.concatenate([table[part] for table in tables])), found)
        for part in range(3)
    )
    twice = graph.gather(source, [*range(width), *range(width)], width)
    both = graph.op("Add", graph.op("Mul", slope, graph.op("Sub", twice, x)), y)
    ways = (graph.gather(both, range(way * width, (way + 1) * width), 2 * width) for way in range(2))
    return graph.op("Mul", graph.constant(0.5), graph.op("Add", *ways))


def _segments(edges: FloatArray, column: int, first: int) -> Any:
    """A tree whose leaf is `first` and the number of edges below a number."""
    tree = search_tree(edges, column)
    return tree.with_value(tree.value + first)


def _beyond(graph: Graph, source: str, quantiles: FloatArray, *, is_normal: bool) -> tuple[str, str]:
    """Where a number counts as the first quantile or below it, and where as the last or above it."""
    first, last = graph.constant(quantiles[0]), graph.constant(quantiles[-1])
    if not is_normal:
        return graph.op("LessOrEqual", source, first), graph.op("GreaterOrEqual", source, last)
    near = graph.constant(NEAR)
    below = graph.op("Less", graph.op("Sub", source, near), first)
    return below, graph.op("Greater", graph.op("Add", source, near), last)


LOWERINGS: dict[str, Lowering] = {
    "sklearn.preprocessing.QuantileTransformer": quantile,
}
