"""XGBoost's linear booster, `booster="gblinear"`: its float32 products are added one after the other.

Source: XGBoost 3.2, `src/gbm/gblinear.cc` (`Pred`), `src/gbm/gblinear_model.h`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.arithmetic import float32
from twinserve.compile.blocks import Block
from twinserve.compile.graph import Graph
from twinserve.compile.limits import LARGEST_SINGLE, Limit
from twinserve.compile.refusal import refusal

MOST_COLUMNS: Final = 200
"""Each column takes two operations, about 1.5 us a row."""


def margins(graph: Graph, model: Any, learner: Any, block: Block, start: FloatArray) -> str:
    """Float32 `[n, sums]`: the start and the bias, then each column times its weight; null adds nothing.

    The library refuses a number that float32 cannot hold, here and not before trees."""
    width, sums = len(block.columns), len(start)
    if width > MOST_COLUMNS:
        raise refusal(model, f"booster='gblinear' with {width} columns is not lowered, with {MOST_COLUMNS} it is")
    graph.demand(block, Limit(-LARGEST_SINGLE, LARGEST_SINGLE, null=True))
    listed = learner["gradient_booster"]["model"]["weights"]
    weights = np.array(listed, dtype=np.float32).reshape(width + 1, sums)
    rounded = float32.as_single(graph, graph.numbers(block, model))
    present = graph.op("Where", graph.op("IsNaN", rounded), float32.constant(graph, 0.0), rounded)
    total = float32.constant(graph, (start.astype(np.float32) + weights[-1])[None, :])
    for place in range(width):
        column = graph.gather(present, [place], width)
        total = graph.op("Add", graph.op("Mul", column, float32.constant(graph, weights[place][None, :])), total)
    return total
