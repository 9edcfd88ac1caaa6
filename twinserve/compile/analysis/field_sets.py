"""The columns of a graph's input on which each column of a tensor depends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_

import numpy as np
from onnx import NodeProto, numpy_helper

from twinserve.arrays import FloatArray
from twinserve.compile.graph import Graph
from twinserve.compile.library_functions import KIND, exact_nodes
from twinserve.compile.onnx_model import needed

Sets = Sequence[int]
"""For each column the set of the input's columns on which it depends, as the bits of an integer. A tuple of a single
set stands for all columns of a tensor of whatever width."""

_ELEMENTWISE = frozenset({
    "Abs", "Add", "And", "Cast", "Ceil", "Clip", "Div", "Equal", "Exp", "Expand", "Floor", "Greater", "GreaterOrEqual",
    "IsNaN", KIND, "Less", "LessOrEqual", "Log", "Mul", "Neg", "Round", "Sigmoid", "Sqrt", "Sub", "Tanh", "Where",
})  # fmt: skip


def field_sets(graph: Graph, tensor: str) -> Sets:
    """The sets of a tensor `[n, columns]`; of operations that are not known, each column depends on everything read."""
    known: dict[str, Sets] = {"x": [1 << field for field in graph.fields]}
    makers: dict[str, str] = {}
    for node in needed(exact_nodes(graph), [tensor]):
        known[node.output[0]] = _made(graph, node, known, makers)
        makers[node.output[0]] = node.op_type
    return known[tensor]


def _made(graph: Graph, node: NodeProto, known: Mapping[str, Sets], makers: Mapping[str, str]) -> Sets:
    inputs = [known.get(name, (0,)) for name in node.input]
    constants = [numpy_helper.to_array(graph.constants[n]) if n in graph.constants else None for n in node.input]
    if node.op_type == "Shape":
        return (0,)
    is_table = all(attribute.i == 1 for attribute in node.attribute if attribute.name == "axis")
    if node.op_type == "Concat" and is_table and not any(map(_is_of_any_width, inputs)):
        return [found for part in inputs for found in part]
    picks = constants[1] if node.op_type == "Gather" else None
    if picks is not None and is_table and picks.ndim == 1 and not _is_of_any_width(inputs[0]):
        return [inputs[0][i] for i in picks.astype(int).tolist()]
    if node.op_type == "Gather" and constants[0] is not None and constants[0].ndim == 1:
        return inputs[1]  # For each number of the other tensor one of a list.
    if node.op_type in _ELEMENTWISE:
        return _beside(inputs)
    if node.op_type in ("Gemm", "MatMul") and constants[1] is not None and makers.get(node.input[0]) == "Cast":
        return _product(inputs[0], constants[1])
    return (reduce(or_, (found for part in inputs for found in part)),)


def _beside(inputs: Sequence[Sets]) -> Sets:
    width = max(len(part) for part in inputs)
    sets = [reduce(or_, (part[i % len(part)] for part in inputs)) for i in range(width)]
    return tuple(sets) if width == 1 and any(map(_is_of_any_width, inputs)) else sets


def _is_of_any_width(sets: Sets) -> bool:
    """Whether a single set stands for all columns; that of a constant is empty."""
    return isinstance(sets, tuple) and sets != (0,)


def _product(columns: Sets, weights: FloatArray) -> Sets:
    """The product of ones and zeros with constant weights; of other numbers a null would reach every column."""
    if len(columns) != len(weights):
        return (reduce(or_, columns),)
    return [reduce(or_, (columns[i] for i in np.flatnonzero(column).tolist()), 0) for column in weights.T]
