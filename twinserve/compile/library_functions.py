"""Rising functions of single numbers as their library computes them, beside the operations that come close.

ONNX Runtime's logarithm, say, differs from NumPy's in the last bit. For a sum that is no matter; a tree behind it may
split on that bit. So a lowering notes the library's own function (`Graph.rising`), and the thresholds of trees are
found through that (`threshold_pushdown.py`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from onnx import NodeProto, helper

from twinserve.arrays import FloatArray
from twinserve.compile.blocks import LARGEST
from twinserve.predict import runtime

if TYPE_CHECKING:
    from twinserve.compile.graph import Graph

Run = Callable[[FloatArray], FloatArray]
KIND: Final = "Rising"
"""The operation that stands for a library's function; no graph that is written holds it."""


@dataclass(frozen=True, eq=False)
class Rising:
    """The function by which a tensor `[n, width]` is computed from another one of the same shape."""

    source: str
    width: int
    function: Run
    """`[n, width]` to `[n, width]`: no column depends on another, and each rises with its own."""
    is_partial: bool = False
    """Whether small numbers have no value: NaN for all numbers below some number."""


def exact_nodes(graph: Graph) -> list[NodeProto]:
    """The graph's nodes, with a node of KIND in place of those that compute nearly what a library does."""
    return [_exact(graph, node) for node in graph.nodes]


def exact_runner(graph: Graph, tensor: str, width: int) -> Run:
    """A tensor `[n, width]` as a function of the graph's input, with the libraries' functions on the way."""
    from twinserve.compile.onnx_model import needed

    nodes = exact_nodes(graph)
    cuts = [node for node in needed(nodes, [tensor]) if node.op_type == KIND]
    plain = [node for node in nodes if node.op_type != KIND]
    widths = {"x": len(graph.columns)} | {cut.output[0]: graph.rising[cut.output[0]].width for cut in cuts}
    rising = [(cut.output[0], graph.rising[cut.output[0]]) for cut in cuts]
    before = [_part(graph, plain, some.source, some.width, widths) for _, some in rising]
    last = _part(graph, plain, tensor, width, widths)

    def run(rows: FloatArray) -> FloatArray:
        known = {"x": rows}
        with np.errstate(all="ignore"):
            for (name, some), part in zip(rising, before, strict=True):
                known[name] = some.function(part(known))
        return last(known)

    return run


def _exact(graph: Graph, node: NodeProto) -> NodeProto:
    rising = graph.rising.get(node.output[0])
    return node if rising is None else helper.make_node(KIND, [rising.source], [node.output[0]])


def _part(
    graph: Graph, nodes: Sequence[NodeProto], tensor: str, width: int, widths: dict[str, int]
) -> Callable[[dict[str, FloatArray]], FloatArray]:
    """A tensor as a function of the input and of tensors that are already known."""
    from twinserve.compile.onnx_model import table_of

    if tensor in widths:
        return lambda known: known[tensor]
    model, names = table_of(graph, nodes, tensor, width, widths)
    session = runtime.session(model.SerializeToString())

    def part(known: dict[str, FloatArray]) -> FloatArray:
        (table,) = session.run(None, {name: np.ascontiguousarray(known[name]) for name in names})
        return np.asarray(table)

    return part


def transform_of(model: Any, lowest: float = -LARGEST, **options: Any) -> Run:
    """A fitted transformer's `transform` of a plain array, with other options; null stays null.

    A number below `lowest` or beyond the doubles, which it would refuse, counts as the nearest that it takes."""
    copied = copy.copy(model)
    vars(copied).pop("feature_names_in_", None)
    for name, value in {**options, "copy": True}.items():
        setattr(copied, name, value)

    def function(x: FloatArray) -> FloatArray:
        if not len(x):  # scikit-learn refuses a table without rows.
            return x
        return np.asarray(copied.transform(np.clip(x, lowest, LARGEST)), dtype=np.float64)

    return function
