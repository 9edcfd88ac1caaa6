"""Classifiers of two classes whose label is one class where its score is at least a threshold.

Source: scikit-learn 1.9, `model_selection/_classification_threshold.py`, `metrics/_scorer.py` and
`utils/_response.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from twinserve.compile.blocks import Block, Classified, Outcome
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.private_attributes import SCORER, require_fields
from twinserve.compile.refusal import refusal


def fixed_threshold(graph: Graph, model: Any, block: Block) -> Classified:
    """One class where its score is at least `threshold`; "auto" is 0.5 of a probability and 0 of a decision."""
    inner = getattr(model, "estimator_", model.estimator)
    threshold = None if model.threshold == "auto" else float(model.threshold)
    return _thresholded(graph, model, graph.lower(inner, block), threshold, model.pos_label)


def tuned_threshold(graph: Graph, model: Any, block: Block) -> Classified:
    """One class where its score is at least `best_threshold_`."""
    scorer = model._curve_scorer
    require_fields(model, dir(scorer), SCORER)
    outcome = graph.lower(model.estimator_, block)
    return _thresholded(graph, model, outcome, float(model.best_threshold_), scorer._get_pos_label())


def _thresholded(graph: Graph, model: Any, outcome: Outcome, threshold: float | None, positive: Any) -> Classified:
    """The estimator inside, with another label; its dot product would give the label at one half."""
    if not isinstance(outcome, Classified) or outcome.classes != 2:
        raise refusal(model, "a classifier of two classes is needed in this place")
    place = 1 if positive is None else int(np.flatnonzero(model.classes_ == positive)[0])
    if outcome.probabilities is not None and model.response_method != "decision_function":
        score = graph.gather(outcome.probabilities, [place], 2)
        threshold = 0.5 if threshold is None else threshold
    elif outcome.decision is not None and model.response_method != "predict_proba":
        score = outcome.decision if place else graph.op("Neg", outcome.decision)
        threshold = 0.0 if threshold is None else threshold
    else:
        raise refusal(model, "it has neither probabilities nor decisions to compare")
    reached = graph.op("GreaterOrEqual", score, graph.constant(threshold))
    codes = [graph.constant([[code]], np.int64) for code in (place, 1 - place)]
    label = graph.op("Reshape", graph.op("Where", reached, *codes), graph.constant([-1], np.int64))
    return replace(outcome, label=label, linear=None)


LOWERINGS: dict[str, Lowering] = {
    "sklearn.model_selection.FixedThresholdClassifier": fixed_threshold,
    "sklearn.model_selection.TunedThresholdClassifierCV": tuned_threshold,
}
