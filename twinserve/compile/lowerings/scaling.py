"""Scalers and other transformers of each number by itself, or of each row.

Every lowering repeats scikit-learn's operations in their order, because the split of a tree behind a scaler may
depend on the last bit. Terms of texts are sparse, and scikit-learn multiplies these where it divides others.

Source: scikit-learn 1.9, `preprocessing/_data.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.blocks import Block, Column
from twinserve.compile.graph import Graph, Lowering, require_numbers
from twinserve.compile.sparse import pieces, term_block, whole_terms


def standard(graph: Graph, scaler: Any, block: Block) -> Block:
    """`(x - mean) / scale`, with `with_mean` and `with_std`."""
    center = scaler.mean_ if scaler.with_mean else None
    return _shift_and_divide(graph, scaler, block, center, scaler.scale_ if scaler.with_std else None)


def robust(graph: Graph, scaler: Any, block: Block) -> Block:
    """`(x - median) / range`, with `with_centering` and `with_scaling`."""
    center = scaler.center_ if scaler.with_centering else None
    return _shift_and_divide(graph, scaler, block, center, scaler.scale_ if scaler.with_scaling else None)


def min_max(graph: Graph, scaler: Any, block: Block) -> Block:
    """`x * scale + min`, clipped to `feature_range` with `clip`."""
    tensor = graph.op("Mul", graph.numbers(block, scaler), graph.constant(scaler.scale_))
    tensor = graph.op("Add", tensor, graph.constant(scaler.min_))
    if scaler.clip:
        return _numbers(block, _clip(graph, tensor, *scaler.feature_range))
    affine = block.affine and block.affine.times(scaler.scale_).minus(-np.asarray(scaler.min_))
    return Block.of(tensor, _as_numbers(block), affine)


def max_abs(graph: Graph, scaler: Any, block: Block) -> Block:
    """`x / scale`, clipped to -1 and 1 with `clip` (since 1.8)."""
    scaled = _shift_and_divide(graph, scaler, block, None, scaler.scale_)
    return _numbers(block, _clip(graph, graph.dense(scaled), -1.0, 1.0)) if getattr(scaler, "clip", False) else scaled


def normalizer(graph: Graph, scaler: Any, block: Block) -> Block:
    """`x / norm(x)` of each row, the norm being l1, l2 or max; a norm under ten epsilons counts as 1.

    Of sparse rows only a norm of 0 counts as 1."""
    terms = whole_terms(graph, block)
    if terms is not None and scaler.norm in ("l1", "l2"):
        return term_block(graph, terms.then(scaler.norm))
    tensor = graph.numbers(block, scaler)
    norm = _NORMS[scaler.norm](graph, tensor, len(block.columns))
    tiny = graph.op("Less", norm, graph.constant(10 * np.finfo(np.float64).eps))
    norm = graph.op("Where", tiny, graph.constant(1.0), norm)
    return _numbers(block, graph.op("Div", tensor, norm))


def binarizer(graph: Graph, scaler: Any, block: Block) -> Block:
    """1 where `x > threshold`, else 0."""
    require_numbers(block.columns, scaler)
    return above(graph, block, float(scaler.threshold))


def above(graph: Graph, block: Block, threshold: float) -> Block:
    """1 where a number is greater than the threshold, else 0."""
    terms = whole_terms(graph, block)
    if terms is not None and threshold >= 0.0:
        return term_block(graph, terms.then("above", amount=threshold))
    if block.tensor in graph.sparse and len(pieces(graph, block)) > 1:
        return graph.concat([above(graph, part, threshold) for _, part in pieces(graph, block)])
    greater = graph.op("Greater", graph.dense(block), graph.constant(threshold))
    return _numbers(block, graph.as_double(greater))


def _shift_and_divide(
    graph: Graph, scaler: Any, block: Block, center: FloatArray | None, scale: FloatArray | None
) -> Block:
    terms = whole_terms(graph, block) if center is None else None
    if terms is not None:
        return block if scale is None else term_block(graph, terms.then("times", numbers=1.0 / np.asarray(scale)))
    tensor, affine = graph.numbers(block, scaler), block.affine
    if center is not None:
        tensor = graph.op("Sub", tensor, graph.constant(center))
        affine = affine and affine.minus(center)
    if scale is not None:
        tensor = graph.op("Div", tensor, graph.constant(scale))
        affine = affine and affine.times(1.0 / np.asarray(scale))
    return Block(tensor, len(block.columns), _as_numbers(block), tuple(range(len(block.columns))), affine)


def _clip(graph: Graph, tensor: str, low: float, high: float) -> str:
    """Clip at both ends; NaN stays NaN."""
    low_name, high_name = graph.constant(float(low)), graph.constant(float(high))
    raised = graph.op("Where", graph.op("Less", tensor, low_name), low_name, tensor)
    return graph.op("Where", graph.op("Greater", raised, high_name), high_name, raised)


def _l1(graph: Graph, tensor: str, width: int) -> str:
    return graph.row_sum(graph.op("Abs", tensor), width)


def _l2(graph: Graph, tensor: str, width: int) -> str:
    return graph.op("Sqrt", graph.row_sum(graph.op("Mul", tensor, tensor), width))


def _largest(graph: Graph, tensor: str, _: int) -> str:
    return graph.op("ReduceMax", graph.op("Abs", tensor), graph.constant([1], np.int64), keepdims=1)


def _as_numbers(block: Block) -> tuple[Column, ...]:
    return tuple(Column(column.name, "number") for column in block.columns)


def _numbers(block: Block, tensor: str) -> Block:
    return Block.of(tensor, _as_numbers(block))


_NORMS = {"l1": _l1, "l2": _l2, "max": _largest}

LOWERINGS: dict[str, Lowering] = {
    "sklearn.preprocessing.StandardScaler": standard,
    "sklearn.preprocessing.RobustScaler": robust,
    "sklearn.preprocessing.MinMaxScaler": min_max,
    "sklearn.preprocessing.MaxAbsScaler": max_abs,
    "sklearn.preprocessing.Normalizer": normalizer,
    "sklearn.preprocessing.Binarizer": binarizer,
}
