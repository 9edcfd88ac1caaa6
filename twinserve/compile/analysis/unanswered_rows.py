"""Rows without an answer: where an estimator inside would raise on its input, the graph gives NaN.

The limits of each estimator are noted while it is lowered (`Graph.demand`). Those that every request keeps are dropped;
the others become trees of two splits a column, whose sum is 1 for a row that every estimator accepts and NaN for any
other. They are pushed through scalers and imputers as all trees are, so that they are mostly one node.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.analysis.threshold_pushdown import push_to_input
from twinserve.compile.analysis.value_range import reaches
from twinserve.compile.blocks import Block, Column
from twinserve.compile.graph import Graph
from twinserve.compile.limits import Limit
from twinserve.compile.tree import Tree
from twinserve.compile.tree_ensemble import emit
from twinserve.predict.linear import LinearModel

Unproved = Mapping[str, Mapping[int, Limit]]
"""By tensor and column the limits that a request might exceed."""
EXPONENTS: Final = range(1000, 0, -100)
"""Powers of two: the sizes of numbers for which a linear model is checked."""
MOST: Final = 800
"""The largest power of two by which a product is taken too large: what is below 2^200 never overflows by it."""


def unproved(graph: Graph, columns: Sequence[Column]) -> Unproved:
    """The limits that a request of these columns might exceed."""
    known = reaches(graph, list(graph.limits), columns)
    exceeded = {
        tensor: {
            pick: limit for pick, limit in limits.items() if tensor not in known or not known[tensor].keeps(pick, limit)
        }
        for tensor, limits in graph.limits.items()
    }
    return {tensor: limits for tensor, limits in exceeded.items() if limits}


def refusals(graph: Graph) -> list[str]:
    """Double `[n, 1]` each: 1 where there is an answer and NaN where there is none; empty where every row has one."""
    by_tensor: dict[str, tuple[Block, list[tuple[int, Tree]]]] = {}
    for tensor, limits in unproved(graph, graph.columns).items():
        whole = Block.numbers(tensor, graph.widths[tensor])
        block, trees = push_to_input(graph, whole, [(0, _limit_tree(pick, limit)) for pick, limit in limits.items()])
        by_tensor.setdefault(block.tensor, (block, []))[1].extend(trees)
    return [emit(graph, block, [(0, Tree.constant(1.0)), *trees], 1) for block, trees in by_tensor.values()]


def _limit_tree(column: int, limit: Limit) -> Tree:
    """A tree that gives 0 from `low` to `high`, and NaN beyond."""
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
    """Numbers `[n, k]`, NaN where there is no answer; elsewhere they are multiplied by 1, which changes no bit."""
    for tensor in refused:
        answer = graph.op("Mul", answer, tensor)
    return answer


def with_refused_labels(graph: Graph, label: str, refused: Sequence[str], *, is_flat: bool = True) -> str:
    """Labels `[n]`, or `[n, k]` where they are not flat, -1 where there is no answer."""
    if not refused:
        return label
    silent = graph.op("IsNaN", with_refusals(graph, refused[0], refused[1:]))
    if is_flat:
        silent = graph.op("Reshape", silent, graph.constant([-1], np.int64))
    return graph.op("Where", silent, graph.constant(-1, np.int64), label)


def guarded(graph: Graph, linear: LinearModel) -> LinearModel | None:
    """The linear model, scaled and guarded so that its product is not finite on every row that an estimator before it
    might refuse; None where that cannot be done."""
    if not unproved(graph, [replace(column, nullable=False) for column in graph.columns]) and not _loses_null(
        graph, linear
    ):
        return linear
    exponent = next((e for e in EXPONENTS if not unproved(graph, _bounded(graph.columns, e))), None)
    return None if exponent is None else _with_guard(graph, linear, exponent)


def _loses_null(graph: Graph, linear: LinearModel) -> bool:
    """Whether an estimator might refuse a null in a column that the product does not use."""
    unseen = [replace(c, nullable=c.nullable and i not in linear.picks) for i, c in enumerate(graph.columns)]
    return bool(unproved(graph, unseen))


def _with_guard(graph: Graph, linear: LinearModel, exponent: int) -> LinearModel:
    weights = dict(zip(linear.picks, np.abs(linear.weights).tolist(), strict=True))
    largest = _exponent(max(abs(linear.intercept), *weights.values()))
    least = 1026 - exponent - min(MOST, MOST - largest)
    bounded = _bounded(graph.columns, exponent)
    seen: list[int] = []
    guard: FloatArray = np.zeros(len(graph.columns))
    for place, column in enumerate(graph.columns):
        own = replace(
            column, nullable=column.nullable and place not in weights
        )  # A null in a used column makes the product NaN.
        if not unproved(graph, [*bounded[:place], own, *bounded[place + 1 :]]):
            continue
        weight = weights.get(place, 0.0)
        if weight > 0.0 and _exponent(weight) >= least:
            seen.append(_exponent(weight))
        else:
            guard[place] = 2.0 ** (1024 - exponent)
    scale = 1026 - exponent - min(seen, default=1026)
    return replace(linear, scale=max(scale, 0), guard=guard if guard.any() else np.zeros(0))


def _exponent(number: float) -> int:
    """The power of two next above a number."""
    return math.frexp(number)[1]


def _bounded(columns: Sequence[Column], exponent: int) -> list[Column]:
    end = 2.0**exponent
    return [replace(c, nullable=False, low=max(c.low, -end), high=min(c.high, end)) for c in columns]
