"""Single precision: the exponential function of the C library, bit for bit.

ONNX Runtime's own `Exp` of float32 rounds one result in a thousand differently. This one takes the steps of glibc, in
double as glibc does: `x` is `k ln2 / 32` and a small rest, `2^(k/32)` comes from a table, the rest from a cubic.

Source: glibc 2.28 and newer, `sysdeps/ieee754/flt-32/e_expf.c` and `e_exp2f_data.c` (ARM Optimized Routines).
"""

from __future__ import annotations

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.graph import FLOAT, INT64, Graph

_STEPS = 32
_PER_UNIT = float.fromhex("0x1.71547652b82fep+0") * _STEPS
"""`32 / ln 2`."""
_CUBIC = (
    float.fromhex("0x1.c6af84b912394p-5") / _STEPS**3,
    float.fromhex("0x1.ebfce50fac4f3p-3") / _STEPS**2,
    float.fromhex("0x1.62e42ff0c52d6p-1") / _STEPS,
    1.0,
)
_LOW, _HIGH = -110.0, 90.0
"""Beyond these, `exp` in float32 is 0 or infinity."""


def as_single(graph: Graph, tensor: str) -> str:
    """Doubles rounded to float32."""
    return graph.op("Cast", tensor, to=FLOAT)


def constant(graph: Graph, value: object) -> str:
    """A float32 constant."""
    return graph.constant(np.asarray(value), np.float32)


def exponential(graph: Graph, tensor: str, highest: float = _HIGH, *, null: bool = False) -> str:
    """`exp` of a float32 tensor, as float32; one over `highest` counts as `highest`. With `null` one may be NaN,
    which has no place in the table."""
    if null:
        missing = graph.op("IsNaN", tensor)
        raised = exponential(graph, graph.op("Where", missing, constant(graph, 0.0), tensor), highest)
        return graph.op("Where", missing, constant(graph, np.nan), raised)
    x = graph.op("Clip", graph.as_double(tensor), graph.constant(_LOW), graph.constant(highest))
    scaled = graph.op("Mul", x, graph.constant(_PER_UNIT))
    steps = graph.op("Round", scaled)
    rest = graph.op("Sub", scaled, steps)
    power = graph.op("Gather", graph.constant(_powers()), graph.op("Cast", steps, to=INT64))
    cubic = graph.constant(_CUBIC[0])
    for coefficient in _CUBIC[1:]:
        cubic = graph.op("Add", graph.op("Mul", cubic, rest), graph.constant(coefficient))
    return as_single(graph, graph.op("Mul", cubic, power))


def _powers() -> FloatArray:
    """`2^(k/32)` at position `k`; a negative `k` counts from the end, as `Gather` does."""
    top, bottom = round(_HIGH * _PER_UNIT), round(_LOW * _PER_UNIT)
    powers: FloatArray = np.exp2(np.concatenate([np.arange(top + 1), np.arange(bottom, 0)]) / _STEPS)
    return powers
