"""Power transforms of each number, Yeo-Johnson's and Box and Cox's.

Source: scikit-learn 1.9, `preprocessing/_data.py` (`PowerTransformer`); SciPy 1.17, `stats/_morestats.py`
(`yeojohnson`), `special/_boxcox.pxd`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.arithmetic.elementwise import expm1, log1p
from twinserve.compile.blocks import LARGEST, Block
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.library_functions import Rising, transform_of
from twinserve.compile.limits import Limit
from twinserve.compile.private_attributes import SCALER, require_fields
from twinserve.compile.refusal import refusal

SMALLEST: Final = 5e-324
"""The smallest double over 0."""
TINY: Final = float(np.finfo(np.float64).eps)
"""Yeo and Johnson's exponents below this are logarithms."""
TINIEST: Final = 1e-19
"""Box and Cox's."""
FAR: Final = 709.78
"""Above this logarithm of a power the exponential function might overflow before its division."""


def power(graph: Graph, model: Any, block: Block) -> Block:
    """The power transform of each column by its own exponent, standardized if `standardize`."""
    exponents = np.asarray(model.lambdas_, dtype=np.float64)
    if not np.isfinite(exponents).all():
        raise refusal(model, "an exponent is not finite")
    source, width = graph.numbers(block, model), len(block.columns)
    if model.method == "box-cox":
        graph.demand(block, Limit(SMALLEST, LARGEST, null=True))
        made = _box_cox(graph, source, exponents)
    else:
        made = _yeo_johnson(graph, source, exponents)
    positive = SMALLEST if model.method == "box-cox" else -LARGEST
    function = transform_of(model, positive, standardize=False)
    graph.rising[made] = Rising(source, width, function)
    if not model.standardize:
        return Block.numbers(made, width)
    require_fields(model, dir(model), SCALER)
    return graph.transform(model._scaler, Block.numbers(made, width))


def _yeo_johnson(graph: Graph, x: str, exponents: FloatArray) -> str:
    """`((1 + x)^e - 1) / e` from 0 on, `-((1 - x)^(2 - e) - 1) / (2 - e)` below; logarithms where the exponent is 0."""
    width = len(exponents)
    from_zero = graph.op("GreaterOrEqual", x, graph.constant(0.0))
    logarithm = log1p(graph, graph.op("Abs", x), width)
    tiny = np.abs(exponents) < TINY, np.abs(exponents - 2.0) <= TINY
    powers = [np.where(*part) for part in zip(tiny, (0.0, 0.0), (exponents, 2.0 - exponents), strict=True)]
    power = graph.op("Where", from_zero, *(graph.constant(part) for part in powers))
    size = graph.op("Div", expm1(graph, graph.op("Mul", power, logarithm), width), power)
    if np.any(tiny):
        size = graph.op("Where", graph.op("Equal", power, graph.constant(0.0)), logarithm, size)
    return graph.op("Where", from_zero, size, graph.op("Neg", size))


def _box_cox(graph: Graph, x: str, exponents: FloatArray) -> str:
    """`(x^e - 1) / e`, and the logarithm where the exponent is 0."""
    width, tiny = len(exponents), np.abs(exponents) < TINIEST
    logarithm = graph.smooth("Log", x, width)
    known = np.where(tiny, 1.0, exponents)
    power = graph.constant(known)
    raised = graph.op("Mul", power, logarithm)
    value = graph.op("Div", expm1(graph, raised, width), power)
    if (np.abs(exponents) > 1.0).any():  # Only then is there a power beyond the doubles whose quotient is a double.
        less = graph.op("Sub", raised, graph.constant(np.log(np.abs(known))))
        far = graph.op("Mul", graph.smooth("Exp", less, width), graph.constant(np.sign(known)))
        far = graph.op("Sub", far, graph.constant(1.0 / known))
        value = graph.op("Where", graph.op("Greater", raised, graph.constant(FAR)), far, value)
    return graph.op("Where", graph.constant(tiny, np.bool_), logarithm, value) if tiny.any() else value


LOWERINGS: dict[str, Lowering] = {
    "sklearn.preprocessing.PowerTransformer": power,
}
