"""The NumPy functions that a graph can apply to each number.

ONNX has no `log1p` and no `expm1`. Both are computed from `log` and `exp` with Kahan's correction, which keeps
the digits near 0 (Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, section 1.14).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from twinserve.compile.graph import Graph

Elementwise = Callable[[Graph, str, int], str]


def log1p(graph: Graph, x: str, width: int) -> str:
    """With `u = 1 + x`: `x` where `u` is 1, infinity where `u` is, else `x * log(u) / (u - 1)`."""
    one = graph.constant(1.0)
    u = graph.op("Add", x, one)
    logarithm = graph.smooth("Log", u, width)
    corrected = graph.op("Mul", logarithm, graph.op("Div", x, graph.op("Sub", u, one)))
    return graph.op("Where", graph.op("Equal", u, one), x, corrected)


def expm1(graph: Graph, x: str, width: int) -> str:
    """With `u = exp(x)`: `x` where `u` is 1, `u - 1` where `|x| > 1`, else `x * (u - 1) / log(u)`."""
    one = graph.constant(1.0)
    u = graph.smooth("Exp", x, width)
    less = graph.op("Sub", u, one)
    corrected = graph.op("Mul", less, graph.op("Div", x, graph.smooth("Log", u, width)))
    far = graph.op("Greater", graph.op("Abs", x), one)
    near = graph.op("Where", graph.op("Equal", u, one), x, corrected)
    return graph.op("Where", far, less, near)


def square(graph: Graph, x: str, width: int) -> str:
    """`x * x`."""
    del width
    return graph.op("Mul", x, x)


def _plain(kind: str) -> Elementwise:
    """A function that every processor rounds correctly."""
    return lambda graph, x, _: graph.op(kind, x)


def _smooth(kind: str) -> Elementwise:
    return lambda graph, x, width: graph.smooth(kind, x, width)


FUNCTIONS: dict[Any, Elementwise] = {
    np.log1p: log1p,
    np.expm1: expm1,
    np.square: square,
    np.sqrt: _plain("Sqrt"),
    np.abs: _plain("Abs"),
    np.negative: _plain("Neg"),
    np.exp: _smooth("Exp"),
    np.log: _smooth("Log"),
    np.tanh: _smooth("Tanh"),
}
