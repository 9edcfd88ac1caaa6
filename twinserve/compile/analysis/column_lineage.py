"""Trace a column inside the graph to the input column that it is computed from, and whether it is monotonic in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from onnx import NodeProto, numpy_helper

from twinserve.arrays import FloatArray
from twinserve.compile.graph import Graph
from twinserve.compile.library_functions import KIND, exact_nodes
from twinserve.compile.onnx_model import needed

FLAT: Final = 0
"""Constant over all numbers; null may differ."""
RISING: Final = 1
"""Monotonically rising, and null for no number."""
ANY: Final = 2


@dataclass(frozen=True)
class Source:
    """One column of the input, and how a column depends on it: FLAT, RISING or ANY."""

    column: int
    relation: int
    domain: tuple[str, int] | None = None
    """The tensor and its column that are null where a function on the way has no value; None where there is none."""


Sources = Sequence[Source | None]
"""For each column of a tensor its source; None where it has several or an unknown one."""


def trace(graph: Graph, tensor: str) -> Sources | None:
    """The sources of a tensor `[n, columns]`; None where an operation on the way is not one of those below."""
    known: dict[str, Sources] = {"x": [Source(i, RISING) for i in range(len(graph.columns))]}
    makers: dict[str, str] = {}
    for node in needed(exact_nodes(graph), [tensor]):
        sources = _follow(graph, node, known, makers)
        if sources is None:
            return None
        known[node.output[0]] = sources
        makers[node.output[0]] = node.op_type
    return known[tensor]


def _follow(graph: Graph, node: NodeProto, known: dict[str, Sources], makers: dict[str, str]) -> Sources | None:
    constants = [_constant(graph, name) for name in node.input]
    inputs = [known.get(name) for name in node.input]
    first = inputs[0]
    if node.op_type == "Concat":
        return None if None in inputs else [source for part in inputs for source in part or ()]
    if node.op_type == "Where":
        return _where(inputs, constants)
    if first is None:
        return _listed(constants[0], inputs[-1]) if node.op_type == "Gather" else None
    if node.op_type == "Gather" and constants[1] is not None and constants[1].ndim == 1:
        return [first[i] for i in constants[1].astype(int).tolist()]
    if node.op_type in ("Gemm", "MatMul") and makers.get(node.input[0]) == "Cast" and constants[1] is not None:
        return [_mixed([first[i] for i in np.flatnonzero(weights).tolist()]) for weights in constants[1].T]
    if node.op_type == KIND:
        return _risen(graph, node.output[0], first)
    if node.op_type == "IsNaN":
        return [source and replace(source, relation=FLAT if source.relation < ANY else ANY) for source in first]
    if node.op_type == "Cast":
        return first
    if len(constants) == 2 and constants[1] is not None:
        return _with_constant(node.op_type, first, constants[1])
    return None


def _listed(numbers: FloatArray | None, places: Sources | None) -> Sources | None:
    """For each place a number of a list."""
    if numbers is None or numbers.ndim > 1 or places is None:
        return None
    return [source and replace(source, relation=ANY) for source in places]


def _risen(graph: Graph, tensor: str, sources: Sources) -> Sources | None:
    """Through a rising function; None where two on the way have no value for some numbers."""
    if not graph.rising[tensor].is_partial:
        return sources
    if any(source is not None and source.domain is not None for source in sources):
        return None
    return [source and replace(source, domain=(tensor, i)) for i, source in enumerate(sources)]


def _with_constant(kind: str, sources: Sources, constant: FloatArray) -> Sources | None:
    """An elementwise operation whose right operand is a constant."""
    if kind not in ("Add", "Sub", "Mul", "Div", "Equal", "Greater", "Less"):
        return None
    width = max(len(sources), constant.size)
    if len(sources) not in (1, width) or constant.size not in (1, width):
        return None
    sources = sources if len(sources) == width else [*sources] * width
    if kind in ("Add", "Sub", "Greater"):
        keeps = np.isfinite(constant)
    elif kind in ("Mul", "Div"):
        keeps = np.isfinite(constant) & (constant > 0)
    else:
        keeps = np.zeros(constant.shape, dtype=bool)
    kept = np.broadcast_to(keeps.reshape(-1), width).tolist()
    return [
        source and (source if keep or source.relation == FLAT else replace(source, relation=ANY))
        for source, keep in zip(sources, kept, strict=True)
    ]


def _where(inputs: Sequence[Sources | None], constants: Sequence[FloatArray | None]) -> Sources | None:
    """`Where`: it stays monotonic where its condition is constant over all numbers."""
    if any(source is None and constant is None for source, constant in zip(inputs, constants, strict=True)):
        return None
    tensors = [source for source in inputs if source is not None]
    width = max(len(source) for source in tensors)
    if any(len(source) not in (1, width) for source in tensors) or inputs[0] is None:
        return None
    sources: list[Source | None] = []
    for i in range(width):
        parts = [None if part is None else part[i % len(part)] for part in inputs]
        if any(part is None and inputs[k] is not None for k, part in enumerate(parts)):
            sources.append(None)
            continue
        present = [part for part in parts if part is not None]
        condition = parts[0]
        domains = {part.domain for part in present if part.domain is not None}
        same = len({part.column for part in present}) == 1 and len(domains) < 2
        flat = condition is not None and condition.relation == FLAT
        relation = max((part.relation for part in parts[1:] if part is not None), default=FLAT) if flat else ANY
        sources.append(Source(present[0].column, relation, next(iter(domains), None)) if same else None)
    return sources


def _mixed(parts: Sources) -> Source | None:
    """A sum of columns that hold 0 or 1."""
    present = [part for part in parts if part is not None]
    if len(present) < len(parts) or len({(part.column, part.domain) for part in present}) != 1:
        return None
    return replace(present[0], relation=FLAT if all(part.relation == FLAT for part in present) else ANY)


def _constant(graph: Graph, name: str) -> FloatArray | None:
    return numpy_helper.to_array(graph.constants[name]) if name in graph.constants else None
