"""Predictors that do not look at their input.

Source: scikit-learn 1.9, `dummy.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from model.compile.graph import Graph, Lowering
from model.compile.private import class_name
from model.compile.values import Block, Classified, Regressed
from model.errors import CannotCompile


def classifier(graph: Graph, model: Any, block: Block) -> Classified:
    """`prior`: the classes' shares; `most_frequent` and `constant`: 1 for one class. Random strategies have no graph."""
    if model.n_outputs_ != 1:
        raise CannotCompile(
            f"{class_name(model)}: it predicts {model.n_outputs_} outputs, and a graph gives one"
        )
    if model.strategy not in ("prior", "most_frequent", "constant"):
        raise CannotCompile(f"{class_name(model)}: strategy={model.strategy!r} answers at random")
    width = len(model.classes_)
    shares = np.asarray(model.class_prior_, dtype=np.float64)
    if model.strategy == "most_frequent":
        shares = np.eye(width)[shares.argmax()]
    elif model.strategy == "constant":
        shares = np.eye(width)[int(np.flatnonzero(model.classes_ == np.ravel(model.constant)[0])[0])]
    probabilities = _for_each_row(graph, block, shares)
    return Classified(graph.argmax(probabilities), width, probabilities)


def regressor(graph: Graph, model: Any, block: Block) -> Regressed:
    """The constant that `strategy` found."""
    if model.n_outputs_ != 1:
        raise CannotCompile(
            f"{class_name(model)}: it predicts {model.n_outputs_} outputs, and a graph gives one"
        )
    return Regressed(_for_each_row(graph, block, np.ravel(model.constant_)))


def _for_each_row(graph: Graph, block: Block, values: Any) -> str:
    """`values` as a row, once for each row of the input."""
    rows = graph.op("Shape", block.tensor, start=0, end=1)
    shape = graph.op("Concat", rows, graph.constant([len(values)], np.int64), axis=0)
    return graph.op("Expand", graph.constant([values]), shape)


LOWERINGS: dict[str, Lowering] = {
    "sklearn.dummy.DummyClassifier": classifier,
    "sklearn.dummy.DummyRegressor": regressor,
}
