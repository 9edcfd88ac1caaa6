"""The error function, as good as SciPy's to a few last bits; that of ONNX Runtime is in single precision.

Source: SciPy 1.17, `erf` (Cephes, `ndtr.c`, Stephen L. Moshier).
"""

from __future__ import annotations

from typing import Final

from twinserve.compile.arithmetic.polynomials import polynomials
from twinserve.compile.graph import Graph

FURTHEST: Final = 6.0
"""From here on the function is 1 in double precision."""
_T: Final = (
    9.60497373987051638749e0, 9.00260197203842689217e1, 2.23200534594684319226e3, 7.00332514112805075473e3,
    5.55923013010394962768e4,
)  # fmt: skip
_U: Final = (
    1.0, 3.35617141647503099647e1, 5.21357949780152679795e2, 4.59432382970980127987e3, 2.26290000613890934246e4,
    4.92673942608635921086e4,
)  # fmt: skip
_P: Final = (
    2.46196981473530512524e-10, 5.64189564831068821977e-1, 7.46321056442269912687e0, 4.86371970985681366614e1,
    1.96520832956077098242e2, 5.26445194995477358631e2, 9.34528527171957607540e2, 1.02755188689515710272e3,
    5.57535335369399327526e2,
)  # fmt: skip
_Q: Final = (
    1.0, 1.32281951154744992508e1, 8.67072140885989742329e1, 3.54937778887819891062e2, 9.75708501743205489753e2,
    1.82390916687909736289e3, 2.24633760818710981792e3, 1.65666309194161350182e3, 5.57535340817727675546e2,
)  # fmt: skip


def error_function(graph: Graph, x: str, width: int) -> str:
    """`erf` of `[n, width]`: `x T(x^2) / U(x^2)` up to 1, beyond it `1 - exp(-x^2) P(x) / Q(x)`; null stays null."""
    one, zero, furthest = (graph.constant(number) for number in (1.0, 0.0, FURTHEST))
    size = graph.op("Abs", x)
    size = graph.op("Where", graph.op("Greater", size, furthest), furthest, size)
    squared = graph.op("Mul", size, size)
    t, u, p, q = polynomials(graph, (squared, squared, size, size), (_T, _U, _P, _Q))
    near = graph.op("Mul", size, graph.op("Div", t, u))
    falling = graph.smooth("Exp", graph.op("Neg", squared), width)
    far = graph.op("Sub", one, graph.op("Mul", falling, graph.op("Div", p, q)))
    value = graph.op("Where", graph.op("Greater", size, one), far, near)
    return graph.op("Where", graph.op("Less", x, zero), graph.op("Neg", value), value)
