"""Dummy predictors, which ignore their input.

Source: scikit-learn 1.9, `dummy.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.compile.additive import Additive
from twinserve.compile.blocks import Block, Classified, Outputs, Regressed
from twinserve.compile.graph import Graph, Lowering, require_one_output
from twinserve.compile.outputs import several_values
from twinserve.compile.refusal import refusal


def classifier(graph: Graph, model: Any, block: Block) -> Classified:
    """`prior`: the class frequencies; `most_frequent` and `constant`: 1 for one class.

    Random strategies have no graph.
    """
    require_one_output(model)
    if model.strategy not in ("prior", "most_frequent", "constant"):
        raise refusal(model, f"strategy={model.strategy!r} answers at random")
    width = len(model.classes_)
    row = np.asarray(model.class_prior_, dtype=np.float64)
    if model.strategy == "most_frequent":
        row = np.eye(width)[row.argmax()]
    elif model.strategy == "constant":
        row = np.eye(width)[int(np.flatnonzero(model.classes_ == np.ravel(model.constant)[0])[0])]
    probabilities = graph.each_row(block.tensor, row)
    additive = Additive("probability", row[1:] if width == 2 else row)
    return Classified(graph.argmax(probabilities), width, probabilities, additive=additive)


def regressor(graph: Graph, model: Any, block: Block) -> Regressed | Outputs:
    """The constant that `strategy` chose in training."""
    constant = np.ravel(model.constant_).astype(np.float64)
    if model.n_outputs_ > 1:
        return several_values(graph.each_row(block.tensor, constant), model.n_outputs_)
    return Regressed(graph.each_row(block.tensor, constant), additive=Additive("value", constant))


LOWERINGS: dict[str, Lowering] = {
    "sklearn.dummy.DummyClassifier": classifier,
    "sklearn.dummy.DummyRegressor": regressor,
}
