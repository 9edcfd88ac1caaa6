"""The range of values that the columns of a tensor may hold, so that a graph checks no limit that always holds.

The ends of intervals go through each operation as NumPy computes it; rounding preserves order. An operation that is not
known here may give any value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from onnx import NodeProto, numpy_helper

from twinserve.arrays import BoolArray, FloatArray
from twinserve.compile.blocks import Column
from twinserve.compile.graph import Graph
from twinserve.compile.library_functions import KIND, exact_nodes
from twinserve.compile.limits import Limit
from twinserve.compile.onnx_model import needed

FURTHEST_TIME: Final = 1e12
"""Seconds since 1970, beyond the calendar's last year."""


@dataclass(frozen=True, eq=False)
class Reach:
    """For each column the least and the largest number, and whether it may be null (NaN)."""

    low: FloatArray
    high: FloatArray
    null: BoolArray

    def at(self, picks: Sequence[int]) -> Reach:
        """These columns."""
        return Reach(self.low[picks], self.high[picks], self.null[picks])

    def keeps(self, column: int, limit: Limit) -> bool:
        """Whether every value of a column is within a limit."""
        inside = limit.low <= self.low[column] and self.high[column] <= limit.high
        return bool(inside and (limit.null or not self.null[column]))


def reaches(graph: Graph, tensors: Sequence[str], columns: Sequence[Column]) -> Mapping[str, Reach]:
    """The ranges of these tensors, for an input of these columns; a tensor of unknown range is left out."""
    known: dict[str, Reach] = {"x": _input(columns)}
    makers: dict[str, NodeProto] = {}
    with np.errstate(all="ignore"):
        for node in needed(exact_nodes(graph), tensors):
            makers[node.output[0]] = node
            reach = _through(graph, node, known, makers)
            if reach is not None:
                known[node.output[0]] = reach
    return known


def _input(columns: Sequence[Column]) -> Reach:
    bounds = [_ends(column) for column in columns]
    low, high = np.array(bounds, dtype=np.float64).reshape(-1, 2).T
    return Reach(low, high, np.array([c.nullable for c in columns], dtype=bool))


def _ends(column: Column) -> tuple[float, float]:
    if column.kind == "number":
        return column.low, column.high
    return (-1.0, float(len(column.categories))) if column.kind == "category" else (-FURTHEST_TIME, FURTHEST_TIME)


def _through(
    graph: Graph, node: NodeProto, known: Mapping[str, Reach], makers: Mapping[str, NodeProto]
) -> Reach | None:
    parts = [known.get(name) or _constant(graph, name) for name in node.input]
    if node.op_type in _BOOLEAN:
        first = next((part for part in parts if part is not None), None)
        return None if first is None else _range(np.zeros(len(first.low)), np.ones(len(first.low)))
    if node.op_type == "TreeEnsemble":
        return _trees(node)
    if node.op_type == "Gather":
        return _gathered(graph, node, known)
    if any(part is None for part in parts):
        return None
    given = [part for part in parts if part is not None]
    if node.op_type == "Concat":
        return Reach(*(np.concatenate([getattr(part, name) for part in given]) for name in ("low", "high", "null")))
    if node.op_type == "Where":
        return _where(node, given, makers)
    if node.op_type in _TWO:
        return _combined(_TWO[node.op_type], *given)
    if node.op_type in (*_RISING, KIND):
        return _rising(_function(graph, node), given[0])
    if node.op_type in ("Gemm", "MatMul"):
        return _product(graph, node, given)
    return None


def _range(low: FloatArray, high: FloatArray) -> Reach:
    """From `low` to `high`; where an end is NaN, any value."""
    unknown = np.isnan(low) | np.isnan(high)
    return Reach(np.where(unknown, -np.inf, low), np.where(unknown, np.inf, high), unknown)


def _constant(graph: Graph, name: str) -> Reach | None:
    if name not in graph.constants:
        return None
    values = np.atleast_1d(np.squeeze(numpy_helper.to_array(graph.constants[name]).astype(np.float64)))
    return Reach(values, values, np.isnan(values)) if values.ndim == 1 else _range(values, values)


def _trees(node: NodeProto) -> Reach:
    """The absolute value of a sum is at most the sum over all leaves."""
    attributes = {attribute.name: attribute for attribute in node.attribute}
    total = float(np.abs(numpy_helper.to_array(attributes["leaf_weights"].t).astype(np.float64)).sum())
    ends = np.full(attributes["n_targets"].i, total * (1 + 1e-9))
    return _range(-ends, ends)


def _gathered(graph: Graph, node: NodeProto, known: Mapping[str, Reach]) -> Reach | None:
    source, picks = known.get(node.input[0]), graph.constants.get(node.input[1])
    axis = next((a.i for a in node.attribute if a.name == "axis"), 0)
    if source is not None and picks is not None and axis == 1 and len(picks.dims) == 1:
        return source.at(numpy_helper.to_array(picks).astype(int).tolist())
    if node.input[0] in graph.constants and axis == 0:
        rows = numpy_helper.to_array(graph.constants[node.input[0]]).astype(np.float64)
        if rows.ndim == 1:  # A number for each number of the other tensor.
            indices = known.get(node.input[1])
            width = 1 if indices is None else len(indices.low)
            return _range(np.full(width, rows.min()), np.full(width, rows.max()))
        return _range(rows.min(axis=0), rows.max(axis=0)) if rows.ndim == 2 else None
    return None


def _where(node: NodeProto, given: Sequence[Reach], makers: Mapping[str, NodeProto]) -> Reach:
    """The values of either branch; where a value replaces null, no null is left."""
    _, yes, no = given
    condition = makers.get(node.input[0])
    filled = condition is not None and condition.op_type == "IsNaN" and condition.input[0] == node.input[2]
    low, high, null = np.fmin(yes.low, no.low), np.fmax(yes.high, no.high), no.null & (not filled)
    return Reach(*np.broadcast_arrays(low, high, yes.null | null))


def _combined(function: Callable[[FloatArray, FloatArray], FloatArray], left: Reach, right: Reach) -> Reach:
    """A function of two numbers: its ends are among the four results of their ends."""
    ends = [function(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
    unknown = np.isnan(ends).any(axis=0) | ((right.low <= 0) & (right.high >= 0) & (function is np.divide))
    low, high = np.minimum.reduce(ends), np.maximum.reduce(ends)
    null = left.null | right.null | unknown
    return Reach(np.where(unknown, -np.inf, low), np.where(unknown, np.inf, high), null)


def _rising(function: Callable[[FloatArray], FloatArray], given: Reach) -> Reach:
    low, high = function(given.low), function(given.high)
    unknown = np.isnan(low) | np.isnan(high)
    return Reach(np.where(unknown, -np.inf, low), np.where(unknown, np.inf, high), given.null | unknown)


def _function(graph: Graph, node: NodeProto) -> Callable[[FloatArray], FloatArray]:
    """The rising function of a node; a library's takes whole tables."""
    rising = graph.rising.get(node.output[0])
    if node.op_type != KIND or rising is None:
        return _RISING[node.op_type]
    return lambda ends: rising.function(np.broadcast_to(ends, (1, rising.width)))[0]


def _product(graph: Graph, node: NodeProto, given: Sequence[Reach]) -> Reach | None:
    """A product with constant weights, a little wider than computed: the order of its sum is unknown."""
    if node.input[1] not in graph.constants:
        return None
    weights = numpy_helper.to_array(graph.constants[node.input[1]]).astype(np.float64)
    first, bias = given[0], given[2].low if len(given) > 2 else 0.0
    ends = [np.where(weights == 0, 0.0, end[:, None] * weights) for end in (first.low, first.high)]
    low, high = np.minimum(*ends).sum(axis=0) + bias, np.maximum(*ends).sum(axis=0) + bias
    unknown = ~(np.isfinite(low) & np.isfinite(high)) | ~(np.isfinite(first.low) & np.isfinite(first.high)).all()
    more = 1e-9 * np.maximum(np.abs(low), np.abs(high))
    null = unknown | bool(first.null.any())
    return Reach(np.where(unknown, -np.inf, low - more), np.where(unknown, np.inf, high + more), null)


_BOOLEAN: Final = ("IsNaN", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")
_TWO: Final[Mapping[str, Callable[[FloatArray, FloatArray], FloatArray]]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": np.divide,
}
_RISING: Final[Mapping[str, Callable[[FloatArray], FloatArray]]] = {
    "Cast": np.positive,
    "Sqrt": np.sqrt,
    "Log": np.log,
    "Exp": np.exp,
    "Tanh": np.tanh,
    "Relu": lambda x: np.maximum(x, 0.0),
    "Sigmoid": lambda x: np.where(x < 0, 0.0, 1.0),
}
