"""Checking, before ONNX Runtime loads a graph, that one of our lowerings could have made it.

ONNX Runtime runs any graph: endless loops, constants expanded to gigabytes, data from any file below the working
directory. The graphs of our lowerings have none of that, and their shapes alone tell the memory and work they take.
"""

from __future__ import annotations

import math
from typing import Final

from twinserve.bounds import GRAPH_ROW, GRAPH_WORK
from twinserve.graph.reader import ROWS, BadGraph, Node, Shape, read_graph
from twinserve.graph.shapes import OPERATORS, PRODUCTS, REDUCTIONS, Shapes

OPSETS: Final = {"": 21, "ai.onnx.ml": 5}
"""The versions of the operator sets in our graphs, by domain."""


def check_graph(data: bytes) -> int:
    """The numbers that this graph makes of a row; raises `BadGraph` unless our lowerings could have made it."""
    graph = read_graph(data)
    if graph.opsets != OPSETS:
        raise BadGraph("is made of other operators' versions than ours are")
    given = graph.inputs.get("x", ())
    if len(graph.inputs) != 1 or len(given) != 2 or given[0] != ROWS or given[1] == ROWS:
        raise BadGraph("has other inputs than ours have")
    shapes = Shapes(graph.inputs, graph.constants)
    most = max(GRAPH_ROW, len(data))
    left = most - _row(given)
    work = GRAPH_WORK * max(GRAPH_ROW, len(data))
    for node in graph.nodes:
        if node.kind not in OPERATORS:
            raise BadGraph(f"has an operation that none of ours has ({node.kind[:40]!a})")
        rule, inputs, attributes = OPERATORS[node.kind]
        if len(node.inputs) not in inputs or len(node.outputs) != 1 or not node.types.items() <= attributes.items():
            raise BadGraph(f"uses {node.kind} as none of ours does")
        made = rule(shapes, node)
        left -= _row(made)
        if left < 0:
            raise BadGraph("makes more numbers of a row than it has bytes")
        work -= _work(shapes, node, made)
        if work < 0:
            raise BadGraph("computes more for a row than its size allows")
        shapes.add(node.outputs[0], made)
    for name, shape in graph.outputs.items():
        if shapes[name] != shape:
            raise BadGraph("has other outputs than it says")
    return most - left


def _work(shapes: Shapes, node: Node, made: Shape) -> int:
    """The numbers that an operation reads for one row.

    A product or a maximum may read many numbers to make one. Other operations read about as many as they make, and
    trees at most one for each split.
    """
    if node.kind in PRODUCTS:
        return _row(made) * shapes[node.inputs[1]][0]
    return max(_row(made), _row(shapes[node.inputs[0]]) if node.kind in REDUCTIONS else 0)


def _row(shape: Shape) -> int:
    """The numbers in a tensor of this shape for one row."""
    return math.prod(length for length in shape if length != ROWS)
