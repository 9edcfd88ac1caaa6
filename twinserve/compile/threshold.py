"""Classifiers of two classes whose label is one class where its probability is at least a threshold.

Source: scikit-learn 1.9, `model_selection/_classification_threshold.py` (`FixedThresholdClassifier`) and
`utils/_response.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from twinserve.compile.blocks import Block, Classified
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.refusal import refusal


def fixed_threshold(graph: Graph, model: Any, block: Block) -> Classified:
    """The estimator inside, with another label; its dot product would give the label at one half."""
    outcome = graph.lower(getattr(model, "estimator_", model.estimator), block)
    if not isinstance(outcome, Classified) or outcome.classes != 2:
        raise refusal(model, "a classifier of two classes is needed in this place")
    if outcome.probabilities is None or model.response_method == "decision_function":
        raise refusal(model, "a threshold for decisions is not lowered")
    positive = 1 if model.pos_label is None else int(np.flatnonzero(model.classes_ == model.pos_label)[0])
    threshold = 0.5 if model.threshold == "auto" else float(model.threshold)
    likely = graph.gather(outcome.probabilities, [positive], 2)
    reached = graph.op("GreaterOrEqual", likely, graph.constant(threshold))
    codes = [graph.constant([[code]], np.int64) for code in (positive, 1 - positive)]
    label = graph.op("Reshape", graph.op("Where", reached, *codes), graph.constant([-1], np.int64))
    return replace(outcome, label=label, linear=None)


LOWERINGS: dict[str, Lowering] = {
    "sklearn.model_selection.FixedThresholdClassifier": fixed_threshold,
}
