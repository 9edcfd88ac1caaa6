"""B-splines: each number as the values of the few basis functions that are not 0 there.

De Boor's recurrence in SciPy's own steps, for all columns at once: tensors `[n, columns, m]`. Constants of the segment
between two knots come from one table, whose row a search tree finds.

Source: scikit-learn 1.9, `preprocessing/_polynomial.py` (`SplineTransformer`); SciPy 1.17,
`interpolate/src/__fitpack.cc` (`_deBoor_D`, `_find_interval`); NumPy's `remainder`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.arithmetic.search_tree import search_tree
from twinserve.compile.blocks import Block
from twinserve.compile.graph import INT64, Graph, Lowering
from twinserve.compile.limits import Limit
from twinserve.compile.refusal import refusal
from twinserve.compile.tree_ensemble import emit


@dataclass(frozen=True, eq=False)
class _Column:
    """One column's knots, and where its splines end."""

    spline: Any
    low: float
    high: float
    ends: int
    """How many splines go on linearly at each end."""

    @property
    def bounds(self) -> tuple[float, float]:
        """The first and the last knot between which splines are defined."""
        knots, degree = self.spline.t, self.spline.k
        return float(knots[degree]), float(knots[len(knots) - degree - 1])


def splines(graph: Graph, model: Any, block: Block) -> Block:
    """The basis functions of each column, one column after the other; without bias all but the last of each."""
    if model.degree < 1:
        raise refusal(model, "degree=0 is not lowered")
    columns = _columns(model)
    width, count = len(columns), columns[0].spline.c.shape[1]
    source = graph.numbers(block, model)
    x = _placed(graph, model, block, source, columns)
    values = _values(graph, columns, _segment(graph, x, columns), _cube(graph, x, width))
    if model.extrapolation == "linear":
        values = _with_lines(graph, columns, source, values)
    if getattr(model, "handle_missing", "error") == "zeros":
        null = graph.op("IsNaN", _cube(graph, source, width))
        values = graph.op("Where", null, graph.constant(0.0), values)
    parts = [graph.op("Gather", values, graph.constant(place, np.int64), axis=1) for place in range(width)]
    whole = graph.concat([Block.numbers(part, count) for part in parts])
    kept = [i for i in range(width * count) if model.include_bias or (i + 1) % count]
    return whole.select(kept)


def _columns(model: Any) -> list[_Column]:
    """scikit-learn counts its degree up at a column of lines, and keeps that for the columns behind it."""
    columns: list[_Column] = []
    degree = int(model.degree)
    for spline in model.bsplines_:
        low, high = float(spline.t[degree]), float(spline.t[-degree - 1])
        degree += model.extrapolation == "linear" and degree <= 1
        columns.append(_Column(spline, low, high, degree))
    return columns


def _placed(graph: Graph, model: Any, block: Block, source: str, columns: Sequence[_Column]) -> str:
    """Each number where its splines are computed: at the nearest end, or moved by whole periods."""
    ends = np.array([column.bounds for column in columns]).T
    if model.extrapolation == "periodic":
        period = graph.constant(ends[1] - ends[0])
        over = graph.op("Mod", graph.op("Sub", source, graph.constant(ends[0])), period, fmod=1)
        negative = graph.op("Less", over, graph.constant(0.0))
        over = graph.op("Where", negative, graph.op("Add", over, period), over)
        return graph.op("Add", graph.constant(ends[0]), over)
    if model.extrapolation == "error":
        takes_null = getattr(model, "handle_missing", "error") == "zeros"
        for place, (low, high) in enumerate(ends.T.tolist()):
            graph.demand(block.select([place]), Limit(low, high, takes_null))
    if model.extrapolation in ("continue", "error"):
        return source
    low, high = (graph.constant([getattr(column, end) for column in columns]) for end in ("low", "high"))
    raised = graph.op("Where", graph.op("Less", source, low), low, source)
    return graph.op("Where", graph.op("Greater", raised, high), high, raised)


def _segment(graph: Graph, x: str, columns: Sequence[_Column]) -> str:
    """int64 `[n, columns]`: the row of the tables below that belongs to each number."""
    trees, first = [], 0
    for place, column in enumerate(columns):
        knots, degree = column.spline.t, column.spline.k
        inner = knots[degree + 1 : len(knots) - degree - 1]
        tree = search_tree(np.nextafter(inner, -np.inf), place)
        trees.append((place, tree.with_value(tree.value + first)))
        first += len(inner) + 1
    return graph.op("Cast", emit(graph, Block.numbers(x, len(columns)), trees, len(columns)), to=INT64)


def _values(graph: Graph, columns: Sequence[_Column], segment: str, x: str) -> str:
    """`[n, columns, splines]`: de Boor's recurrence, then each of its results in the place of its spline."""
    degree = columns[0].spline.k
    table = graph.op("Gather", graph.constant(np.concatenate([_knots(c) for c in columns])), segment, axis=0)
    knots = _pick(graph, table, range(2 * degree))
    right, left = graph.op("Sub", knots, x), graph.op("Sub", x, knots)
    nothing, held = (_pick(graph, table, [2 * degree + place]) for place in (0, 1))
    first = 2 * degree + 2
    for order in range(1, degree + 1):
        share = graph.op("Div", held, _pick(graph, table, range(first, first + order)))
        first += order
        to_right = graph.op("Mul", share, _pick(graph, right, range(degree, degree + order)))
        to_left = graph.op("Mul", share, _pick(graph, left, range(degree - order, degree)))
        lower = graph.op("Concat", to_right, nothing, axis=2)
        held = graph.op("Add", lower, graph.op("Concat", nothing, to_left, axis=2))
    total = ""
    for part in range(degree + 1):
        places = graph.constant(np.concatenate([_places(column, part) for column in columns]))
        term = graph.op("Mul", graph.op("Gather", places, segment, axis=0), _pick(graph, held, [part]))
        total = graph.op("Add", total, term) if total else term
    return total


def _cube(graph: Graph, table: str, width: int) -> str:
    """`[n, width, 1]` of `[n, width]`."""
    return graph.op("Gather", table, graph.constant(np.arange(width)[:, None], np.int64), axis=1)


def _pick(graph: Graph, tensor: str, places: Sequence[int]) -> str:
    return graph.op("Gather", tensor, graph.constant(list(places), np.int64), axis=2)


def _knots(column: _Column) -> FloatArray:
    """`[segments, ...]`: the knots around each segment, 0, 1, and for each order the distances of its pairs of knots.

    Two equal knots are infinitely far from each other: what is divided by that is 0, as SciPy has it."""
    knots, degree = column.spline.t, column.spline.k
    rows = []
    for at in range(degree, len(knots) - degree - 1):
        around = knots[at - degree + 1 : at + degree + 1]
        gaps = [knots[at + n] - knots[at + n - j] for j in range(1, degree + 1) for n in range(1, j + 1)]
        rows.append([*around, 0.0, 1.0, *(gap or np.inf for gap in gaps)])
    return np.array(rows, dtype=np.float64)


def _places(column: _Column, part: int) -> FloatArray:
    """`[segments, splines]`: the coefficients of a result in each segment."""
    segments = len(column.spline.t) - 2 * column.spline.k - 1
    coefficients: FloatArray = np.asarray(column.spline.c, dtype=np.float64)[part : part + segments]
    return coefficients


def _with_lines(graph: Graph, columns: Sequence[_Column], source: str, values: str) -> str:
    """Beyond the ends the first and the last splines go on as lines, and all others are 0."""
    count = columns[0].spline.c.shape[1]
    x = _cube(graph, source, len(columns))
    for side, end in ((0, "low"), (1, "high")):
        limits = np.array([getattr(column, end) for column in columns])
        some = [np.arange(count) < c.ends if side == 0 else np.arange(count) >= count - c.ends for c in columns]
        at = [c.spline(getattr(c, end)) * kept for c, kept in zip(columns, some, strict=True)]
        slope = [c.spline(getattr(c, end), nu=1) * kept for c, kept in zip(columns, some, strict=True)]
        limit = graph.constant(limits[:, None])
        beyond = graph.op("Greater" if side else "Less", x, limit)
        far = graph.op("Mul", graph.op("Sub", x, limit), graph.constant(np.array(slope)))
        values = graph.op("Where", beyond, graph.op("Add", graph.constant(np.array(at)), far), values)
    return values


LOWERINGS: dict[str, Lowering] = {
    "sklearn.preprocessing.SplineTransformer": splines,
}
