"""Rows without an answer: where an estimator inside would refuse its input, what the graph says is not a number.

What each estimator asks of its input is noted while it is lowered (`Graph.demand`). What cannot be otherwise is
dropped; what is left becomes trees of two questions a column, whose sum is 1 for a row that every estimator takes
and NaN for any other. They look through scalers and imputers as all trees do, so that they are one node, most often.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.blocks import Block, Column
from twinserve.compile.graph import Graph
from twinserve.compile.limits import Limit
from twinserve.compile.threshold_pushdown import look_through
from twinserve.compile.tree import Tree
from twinserve.compile.tree_ensemble import emit
from twinserve.compile.value_range import reaches
from twinserve.predict.linear import LinearModel

Unproved = Mapping[str, Mapping[int, Limit]]
"""By tensor and column the limits that some request might not keep."""
EXPONENTS: Final = range(1000, 0, -100)
"""Of two: sizes of numbers for which a folded model is tried to be safe."""
MOST: Final = 800
"""The largest power of two by which a product is taken too large: what is below 2^200 never overflows by it."""


def unproved(graph: Graph, columns: Sequence[Column]) -> Unproved:
    """The limits that a request of these columns might not keep."""
    known = reaches(graph, list(graph.limits), columns)
    found = {
        tensor: {
            pick: limit for pick, limit in limits.items() if tensor not in known or not known[tensor].keeps(pick, limit)
        }
        for tensor, limits in graph.limits.items()
    }
    return {tensor: limits for tensor, limits in found.items() if limits}


def refusals(graph: Graph) -> list[str]:
    """Double `[n, 1]` each: 1 where there is an answer and NaN where there is none. No tensor where nothing refuses."""
    found: dict[str, tuple[Block, list[tuple[int, Tree]]]] = {}
    for tensor, limits in unproved(graph, graph.columns).items():
        whole = Block.numbers(tensor, graph.widths[tensor])
        block, trees = look_through(graph, whole, [(0, _questions(pick, limit)) for pick, limit in limits.items()])
        found.setdefault(block.tensor, (block, []))[1].extend(trees)
    return [emit(graph, block, [(0, Tree.constant(1.0)), *trees], 1) for block, trees in found.values()]


def _questions(column: int, limit: Limit) -> Tree:
    """`<= high`? Else NaN. Below `low`? Then NaN. Else 0."""
    return Tree(
        leaf=np.array([False, True, False, True, True]),
        column=np.full(5, column, dtype=np.int64),
        split=np.array([limit.high, 0.0, math.nextafter(limit.low, -math.inf), 0.0, 0.0]),
        yes=np.array([2, 0, 3, 0, 0]),
        no=np.array([1, 0, 4, 0, 0]),
        nan_yes=np.array([limit.null, False, False, False, False]),
        value=np.array([0.0, np.nan, 0.0, np.nan, 0.0]),
    )


def with_refusals(graph: Graph, answer: str, refused: Sequence[str]) -> str:
    """Numbers `[n, k]`, NaN where there is no answer; what they are multiplied by is 1 elsewhere, so no bit changes."""
    for tensor in refused:
        answer = graph.op("Mul", answer, tensor)
    return answer


def with_refused_labels(graph: Graph, label: str, refused: Sequence[str]) -> str:
    """Labels `[n]`, -1 where there is no answer."""
    if not refused:
        return label
    row = with_refusals(graph, refused[0], refused[1:])
    flat = graph.op("Reshape", graph.op("IsNaN", row), graph.constant([-1], np.int64))
    return graph.op("Where", flat, graph.constant(-1, np.int64), label)


def guarded(graph: Graph, fold: LinearModel) -> LinearModel | None:
    """The fold, its product not finite for every row on which an estimator before its end might refuse; None where a
    product cannot tell."""
    if not unproved(graph, [replace(column, nullable=False) for column in graph.columns]) and not _loses_null(
        graph, fold
    ):
        return fold
    exponent = next((e for e in EXPONENTS if not unproved(graph, _bounded(graph.columns, e))), None)
    return None if exponent is None else _with_guard(graph, fold, exponent)


def _loses_null(graph: Graph, fold: LinearModel) -> bool:
    """May a null be refused that the product does not see?"""
    unseen = [replace(c, nullable=c.nullable and i not in fold.picks) for i, c in enumerate(graph.columns)]
    return bool(unproved(graph, unseen))


def _with_guard(graph: Graph, fold: LinearModel, exponent: int) -> LinearModel:
    weights = dict(zip(fold.picks, np.abs(fold.weights).tolist(), strict=True))
    largest = _exponent(max(abs(fold.intercept), *weights.values()))
    least = 1026 - exponent - min(MOST, MOST - largest)
    bounded = _bounded(graph.columns, exponent)
    seen: list[int] = []
    guard: FloatArray = np.zeros(len(graph.columns))
    for place, column in enumerate(graph.columns):
        own = replace(column, nullable=column.nullable and place not in weights)  # The product sees a null by itself.
        if not unproved(graph, [*bounded[:place], own, *bounded[place + 1 :]]):
            continue
        weight = weights.get(place, 0.0)
        if weight > 0.0 and _exponent(weight) >= least:
            seen.append(_exponent(weight))
        else:
            guard[place] = 2.0 ** (1024 - exponent)
    scale = 1026 - exponent - min(seen, default=1026)
    return replace(fold, scale=max(scale, 0), guard=guard if guard.any() else np.zeros(0))


def _exponent(number: float) -> int:
    """The power of two next above a number."""
    return math.frexp(number)[1]


def _bounded(columns: Sequence[Column], exponent: int) -> list[Column]:
    end = 2.0**exponent
    return [replace(c, nullable=False, low=max(c.low, -end), high=min(c.high, end)) for c in columns]
