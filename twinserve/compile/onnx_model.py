"""Make an ONNX model of a graph, or of the part that some tensors need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import onnx
from onnx import NodeProto, helper

from twinserve.compile.graph import DOUBLE, INT64, Graph
from twinserve.graph.check import OPSETS
from twinserve.graph.messages import IR_VERSION, ROWS_NAME


def model_of(graph: Graph, outputs: dict[str, str], columns: int, width: int) -> onnx.ModelProto:
    """The graph's nodes that these outputs need, as an ONNX model with input `x`, `[n, columns]`."""
    nodes = _named(needed(graph.nodes, outputs.values()), outputs)
    used = {name for node in nodes for name in node.input}
    shapes: dict[str, tuple[int, list[str | int | None]]] = {
        "label": (INT64, [ROWS_NAME]),
        "value": (DOUBLE, [ROWS_NAME]),
        "probabilities": (DOUBLE, [ROWS_NAME, width]),
        "table": (DOUBLE, [ROWS_NAME, width]),
    }
    body = helper.make_graph(
        nodes,
        "twinserve",
        [helper.make_tensor_value_info("x", DOUBLE, [ROWS_NAME, columns])],
        [helper.make_tensor_value_info(name, *shapes[name]) for name in outputs],
        [tensor for name, tensor in graph.constants.items() if name in used],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    return helper.make_model(body, opset_imports=opsets, ir_version=IR_VERSION, producer_name="twinserve")


def needed(nodes: Sequence[NodeProto], wanted: Iterable[str]) -> list[NodeProto]:
    """The nodes on which these tensors depend, in their order."""
    kept: list[NodeProto] = []
    left = set(wanted)
    for node in reversed(nodes):
        if node.output[0] in left:
            left |= set(node.input)
            kept.append(node)
    return kept[::-1]


def _named(nodes: Sequence[NodeProto], outputs: dict[str, str]) -> list[NodeProto]:
    """The same nodes with the outputs' own names in place of the tensors that hold them."""
    names = {tensor: name for name, tensor in outputs.items()}
    return [_renamed(node, names) if {*node.input, *node.output} & set(names) else node for node in nodes]


def _renamed(node: NodeProto, names: dict[str, str]) -> NodeProto:
    renamed = NodeProto()
    renamed.CopyFrom(node)
    for tensors in (renamed.input, renamed.output):
        tensors[:] = [names.get(tensor, tensor) for tensor in tensors]
    return renamed
