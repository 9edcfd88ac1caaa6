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


def log_to(base: float) -> Elementwise:
    """The logarithm to another base."""

    def lowered(graph: Graph, x: str, width: int) -> str:
        return graph.op("Div", graph.smooth("Log", x, width), graph.constant(np.log(base)))

    return lowered


def cube_root(graph: Graph, x: str, width: int) -> str:
    """`exp(log(|x|) / 3)` with the sign of `x`."""
    third = graph.op("Div", graph.smooth("Log", graph.op("Abs", x), width), graph.constant(3.0))
    return _signed(graph, x, graph.smooth("Exp", third, width))


def arcsinh(graph: Graph, x: str, width: int) -> str:
    """`log1p(a + a^2 / (1 + sqrt(a^2 + 1)))` of `a = |x|` with the sign of `x`; above 2^28 `log(a) + log(2)`."""
    one, size = graph.constant(1.0), graph.op("Abs", x)
    far = graph.op("Greater", size, graph.constant(2.0**28))
    near = graph.op("Where", far, one, size)
    squared = graph.op("Mul", near, near)
    root = graph.op("Add", one, graph.op("Sqrt", graph.op("Add", squared, one)))
    small = log1p(graph, graph.op("Add", near, graph.op("Div", squared, root)), width)
    large = graph.op("Add", graph.smooth("Log", size, width), graph.constant(np.log(2.0)))
    return _signed(graph, x, graph.op("Where", far, large, small))


def _signed(graph: Graph, x: str, size: str) -> str:
    return graph.op("Where", graph.op("Less", x, graph.constant(0.0)), graph.op("Neg", size), size)


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
    np.log2: log_to(2.0),
    np.log10: log_to(10.0),
    np.cbrt: cube_root,
    np.arcsinh: arcsinh,
    np.tanh: _smooth("Tanh"),
}
RISING: dict[Any, bool] = {
    **dict.fromkeys((np.expm1, np.exp, np.cbrt, np.arcsinh, np.tanh), False),
    **dict.fromkeys((np.log1p, np.log, np.log2, np.log10, np.sqrt), True),
}
"""The functions that rise, and whether they have no value for small numbers."""
