"""How the labels of two classes are decided, and predictions with such labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twinserve.predict.predictor import Predictions
from twinserve.recipes.decision import Costs, Decision


@dataclass(frozen=True)
class Decided:
    """How labels are decided."""

    positive: str
    threshold: float
    costs: Costs | None = None
    """Those that the threshold was chosen by."""


def given(decision: Decision, classes: tuple[str, ...] | None) -> Decided | None:
    """A threshold that is known before the training; None where there is none, or costs choose it."""
    if classes is None or decision.threshold is None:
        return None
    return Decided(decision.positive_of(classes), decision.threshold)


def labelled(predictions: Predictions, decided: Decided | None, classes: tuple[str, ...] | None) -> Predictions:
    """The predictions with the labels of this threshold."""
    if decided is None or classes is None or predictions.probabilities is None:
        return predictions
    code = classes.index(decided.positive)
    reached = predictions.probabilities[:, code] >= decided.threshold
    return Predictions(np.where(reached, code, 1 - code).astype(np.int64), predictions.probabilities)
