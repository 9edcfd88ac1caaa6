"""Is this a compiled model of ours? Asked of the bytes, before ONNX Runtime sees them.

ONNX Runtime runs what it is given: loops without an end, constants spread over gigabytes, data from any file below the
working directory. What our lowerings make has none of that, and how much it takes can be told from its shapes alone.
"""

from __future__ import annotations

import math
from typing import Final

from model.bounds import GRAPH_ROW
from model.graph_file import ROWS, BadGraph, read_graph
from model.graph_shapes import OPERATORS, Shapes

OPSETS: Final = {"": 21, "ai.onnx.ml": 5}
"""The versions of the operators that our graphs are made of, by domain."""


def check_graph(data: bytes) -> None:
    """Raise `BadGraph` unless our lowerings may have made this graph."""
    graph = read_graph(data)
    if graph.opsets != OPSETS:
        raise BadGraph("is made of other operators' versions than ours are")
    if [*graph.inputs] != ["x"] or len(graph.inputs["x"]) != 2 or graph.inputs["x"][0] != ROWS:
        raise BadGraph("has other inputs than ours have")
    shapes = Shapes(graph.inputs, graph.constants)
    left = max(GRAPH_ROW, len(data)) - _row(graph.inputs["x"])
    for node in graph.nodes:
        rule, attributes = OPERATORS.get(node.kind, (None, frozenset()))
        if rule is None:
            raise BadGraph(f"has an operation that none of ours has ({node.kind[:40]!a})")
        if not node.inputs or len(node.outputs) != 1 or not {*node.numbers, *node.tensors} <= attributes:
            raise BadGraph(f"uses {node.kind} as none of ours does")
        made = rule(shapes, node)
        left -= _row(made)
        if left < 0:
            raise BadGraph("makes more numbers of a row than it has bytes")
        shapes.add(node.outputs[0], made)
    for name, shape in graph.outputs.items():
        if shapes[name] != shape:
            raise BadGraph("has other outputs than it says")


def _row(shape: tuple[int, ...]) -> int:
    """Numbers that a tensor of this shape holds for one row."""
    return math.prod(length for length in shape if length != ROWS)
