"""A threshold for the label of two classes: given, or the one that costs least on out-of-fold predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline

from twinserve.arrays import FloatArray
from twinserve.errors import CannotTrain
from twinserve.predict.predictor import Predictions
from twinserve.recipes.decision import Costs, Decision
from twinserve.training.cross_validation import FoldedRows
from twinserve.training.decided import Decided
from twinserve.training.weighted_fit import fit_weighted, part_of


def decide(decision: Decision, out_of_fold: Predictions, folded: FoldedRows) -> Decided | None:
    """The threshold; None where the label is the class of the largest probability.

    `out_of_fold` are predictions of the rows that a fold asks about, in their order. Raises `CannotTrain` where the
    candidate gives no probabilities."""
    if decision.by_probability or folded.classes is None:
        return None
    if out_of_fold.probabilities is None:
        raise CannotTrain("The best candidate gives no probabilities, which a threshold needs; choose by log_loss.")
    if decision.costs is None:
        return folded.decided
    positive = decision.positive_of(folded.classes)
    code = folded.classes.index(positive)
    rows = np.sort(np.concatenate([test for _, test in folded.folds]))
    weights = part_of(folded.weights, rows)
    is_positive = folded.y_true[rows] == code
    threshold = cheapest(out_of_fold.probabilities[:, code], is_positive, decision.costs, weights)
    return Decided(positive, threshold, decision.costs)


def cheapest(likely: FloatArray, is_positive: Any, costs: Costs, weights: FloatArray | None = None) -> float:
    """The threshold of the least total cost, in the middle between two probabilities.

    Of several the one that is closest to `FP / (FP + FN)`, which is the best where probabilities are true."""
    weights = np.ones(len(likely)) if weights is None else weights
    levels, level = np.unique(likely, return_inverse=True)
    missed = np.bincount(level, weights * is_positive * costs.false_negative, len(levels))
    alarms = np.bincount(level, weights * ~is_positive * costs.false_positive, len(levels))
    # At the i-th threshold the labels are positive from the i-th level on; at the last one none is.
    total = np.concatenate([[0.0], np.cumsum(missed)]) + np.concatenate([np.cumsum(alarms[::-1])[::-1], [0.0]])
    ends = np.concatenate([[0.0], levels, [1.0]])
    thresholds = (ends[:-1] + ends[1:]) / 2
    thresholds[1:] = np.maximum(thresholds[1:], np.nextafter(levels, np.inf))  # The middle of two neighbours is one.
    best = thresholds[total <= total.min() * (1 + 1e-12)]
    expected = costs.false_positive / (costs.false_positive + costs.false_negative)
    return float(best[np.argmin(np.abs(best - expected))])


def with_threshold(pipeline: Any, decided: Decided | None) -> Any:
    """The fitted pipeline with this threshold behind its last step; nothing is fitted anew."""
    if decided is None:
        return pipeline
    if not isinstance(pipeline, Pipeline):
        return _behind(pipeline, decided)
    *before, (name, last) = pipeline.steps
    return Pipeline([*before, (name, _behind(last, decided))])


def fit_anew(pipeline: Any, frame: Any, target: Any, weights: FloatArray | None) -> Any:
    """A clone of a pipeline, fitted on these rows; behind it the same threshold, where there is one."""
    *before, (name, last) = pipeline.steps if isinstance(pipeline, Pipeline) else [("", pipeline)]
    if not isinstance(last, FixedThresholdClassifier):
        return fit_weighted(clone(pipeline), frame, target, weights)
    bare = Pipeline([*before, (name, last.estimator)]) if before else last.estimator
    fitted = fit_weighted(clone(bare), frame, target, weights)
    return with_threshold(fitted, Decided(last.pos_label, last.threshold))


def _behind(fitted: Any, decided: Decided) -> FixedThresholdClassifier:
    model = FixedThresholdClassifier(
        fitted, threshold=decided.threshold, pos_label=decided.positive, response_method="predict_proba"
    )
    model.estimator_ = fitted
    for name in ("n_features_in_", "feature_names_in_"):
        if hasattr(fitted, name):
            setattr(model, name, getattr(fitted, name))
    return model
