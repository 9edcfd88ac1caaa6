"""Make an ONNX model of a graph, or of the part that some tensors need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import onnx
from onnx import NodeProto, helper

from twinserve.compile.graph import DOUBLE, INT64, Graph
from twinserve.graph.check import OPSETS
from twinserve.graph.messages import IR_VERSION, ROWS_NAME


def model_of(graph: Graph, outputs: dict[str, str], columns: int, widths: Mapping[str, int | None]) -> onnx.ModelProto:
    """The graph's nodes that these outputs need, as an ONNX model with input `x`, `[n, columns]`.

    `widths` are those of the outputs, `[n, width]`; None for `[n]`."""
    nodes = _named(needed(graph.nodes, outputs.values()), outputs)
    shapes: dict[str, list[str | int | None]] = {
        name: [ROWS_NAME] if widths[name] is None else [ROWS_NAME, widths[name]] for name in outputs
    }
    made = [helper.make_tensor_value_info(name, INT64 if name == "label" else DOUBLE, shapes[name]) for name in outputs]
    return _model(graph, nodes, {"x": columns}, made)


def table_of(
    graph: Graph, nodes: Sequence[NodeProto], tensor: str, width: int, known: Mapping[str, int]
) -> tuple[onnx.ModelProto, list[str]]:
    """A tensor `[n, width]` as a model, and the names of its inputs: those of the known tensors that it needs.

    `known` has the width of each; `nodes` are the graph's without those that compute them."""
    outputs = {"table": tensor}
    kept = _named(needed(nodes, [tensor]), outputs)
    inputs = {name: known[name] for name in known if any(name in node.input for node in kept)}
    table = helper.make_tensor_value_info("table", DOUBLE, [ROWS_NAME, width])
    return _model(graph, kept, inputs, [table]), list(inputs)


def _model(
    graph: Graph, nodes: Sequence[NodeProto], inputs: Mapping[str, int], outputs: Sequence[onnx.ValueInfoProto]
) -> onnx.ModelProto:
    used = {name for node in nodes for name in node.input}
    body = helper.make_graph(
        nodes,
        "twinserve",
        [helper.make_tensor_value_info(name, DOUBLE, [ROWS_NAME, width]) for name, width in inputs.items()],
        outputs,
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
