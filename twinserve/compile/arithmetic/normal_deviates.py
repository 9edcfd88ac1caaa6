"""The inverse of the normal distribution, as good as SciPy's to a few last bits.

Source: SciPy 1.17, `ndtri` (Cephes, `ndtri.c`, Stephen L. Moshier).
"""

from __future__ import annotations

from typing import Final

from twinserve.compile.arithmetic.polynomials import polynomials
from twinserve.compile.graph import Graph

ENDS: Final = -5.199337582605575, 5.19933758270342
"""The deviates of 1e-7 and of its rest, each an epsilon further inside; beyond them all count as these."""
LEAST: Final = 0.9e-7
"""Smaller probabilities are beyond the ends anyway, and need no third formula."""
_CENTRAL: Final = 0.13533528323661269189
"""`exp(-2)`: from here to its rest the first formula holds."""
_ROOT: Final = 2.50662827463100050242
"""The square root of `2 pi`."""
_P0: Final = (
    -5.99633501014107895267e1, 9.80010754185999661536e1, -5.66762857469070293439e1, 1.39312609387279679503e1,
    -1.23916583867381258016e0,
)  # fmt: skip
_Q0: Final = (
    1.0, 1.95448858338141759834e0, 4.67627912898881538453e0, 8.63602421390890590575e1, -2.25462687854119370527e2,
    2.00260212380060660359e2, -8.20372256168333339912e1, 1.59056225126211695515e1, -1.18331621121330003142e0,
)  # fmt: skip
_P1: Final = (
    4.05544892305962419923e0, 3.15251094599893866154e1, 5.71628192246421288162e1, 4.40805073893200834700e1,
    1.46849561928858024014e1, 2.18663306850790267539e0, -1.40256079171354495875e-1, -3.50424626827848203418e-2,
    -8.57456785154685413611e-4,
)  # fmt: skip
_Q1: Final = (
    1.0, 1.57799883256466749731e1, 4.53907635128879210584e1, 4.13172038254672030440e1, 1.50425385692907503408e1,
    2.50464946208309415979e0, -1.42182922854787788574e-1, -3.80806407691578277194e-2, -9.33259480895457427372e-4,
)  # fmt: skip


def normal_deviates(graph: Graph, probabilities: str, width: int) -> str:
    """The deviate of each of `[n, width]` probabilities, from the first of ENDS to the last; null stays null."""
    low, high = graph.constant(LEAST), graph.constant(1.0 - LEAST)
    inside = graph.op("Where", graph.op("Less", probabilities, low), low, probabilities)
    inside = graph.op("Where", graph.op("Greater", inside, high), high, inside)
    one, half, central = graph.constant(1.0), graph.constant(0.5), graph.constant(_CENTRAL)
    is_low = graph.op("Less", inside, half)
    rest = graph.op("Where", is_low, inside, graph.op("Sub", one, inside))
    middle = graph.op("Sub", half, rest)
    squared = graph.op("Mul", middle, middle)
    logarithm = graph.op("Mul", graph.constant(-2.0), graph.smooth("Log", rest, width))
    root = graph.op("Sqrt", logarithm)
    inverse = graph.op("Div", one, root)
    arguments = (squared, squared, inverse, inverse)
    p0, q0, p1, q1 = polynomials(graph, arguments, (_P0, _Q0, _P1, _Q1))
    ratio = graph.op("Mul", squared, graph.op("Div", p0, q0))
    near = graph.op("Mul", graph.op("Add", middle, graph.op("Mul", middle, ratio)), graph.constant(_ROOT))
    first = graph.op("Sub", root, graph.op("Div", graph.smooth("Log", root, width), root))
    far = graph.op("Sub", first, graph.op("Mul", inverse, graph.op("Div", p1, q1)))
    size = graph.op("Where", graph.op("Greater", rest, central), near, far)
    deviate = graph.op("Where", is_low, graph.op("Neg", size), size)
    ends = [graph.constant(end) for end in ENDS]
    deviate = graph.op("Where", graph.op("Less", deviate, ends[0]), ends[0], deviate)
    return graph.op("Where", graph.op("Greater", deviate, ends[1]), ends[1], deviate)
