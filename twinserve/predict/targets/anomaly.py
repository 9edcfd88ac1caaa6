"""Whether a row is an outlier: an anomaly detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from twinserve.metric import Task
from twinserve.predict.predictor import BadPrediction, Predictions
from twinserve.predict.targets.target import NUMBER, Coded, FlatColumns, Templates

LABELS: Final = ("inlier", "outlier")
"""In the order of their codes."""
OUTLIER: Final = -1
"""What scikit-learn's detectors predict for one; 1 for an inlier."""


@dataclass(frozen=True)
class Anomaly:
    """`labels` hold places in `LABELS`, `values` the estimator's own `decision_function`, below 0 for an outlier."""

    task: Task = "anomaly"
    classes: None = None
    unexplained: None = None
    uncovered: str = "An anomaly detector has no intervals and no sets."

    @property
    def members(self) -> dict[str, Any]:
        """See `Target`."""
        said = "The estimator's own decision function: the lower, the more unusual; below 0 for most outliers."
        return {"label": {"type": "string", "enum": [*LABELS]}, "score": NUMBER | {"description": said}}

    def read(self, head: Any, prepared: Any) -> Predictions:
        """See `Target`."""
        labels = (np.asarray(head.predict(prepared)) == OUTLIER).astype(np.int64)
        scores = np.asarray(head.decision_function(prepared), dtype=np.float64).reshape(-1)
        return Predictions(labels, values=scores)

    def describe(self, predictions: Predictions) -> list[dict[str, Any]]:
        """See `Target`."""
        if predictions.labels is None or predictions.values is None:
            raise TypeError("Predictions of an anomaly detector hold labels and scores.")
        pairs = zip(predictions.labels.tolist(), predictions.values.tolist(), strict=True)
        return [{"label": LABELS[code], "score": score} for code, score in pairs]

    def flat(self, predictions: Predictions) -> FlatColumns:
        """See `Target`."""
        if predictions.labels is None or predictions.values is None:
            raise BadPrediction("The predictor gave no labels with a score for each.")
        return {"label": Coded(predictions.labels, LABELS), "score": predictions.values}

    def templates(self, predictions: Predictions) -> Templates:
        """See `Target`."""
        labels, scores = predictions.labels, predictions.values
        if labels is None or scores is None or scores.shape != labels.shape or -1 in labels:
            raise BadPrediction("The predictor gave no labels with a score for each.")
        return [f'"label":"{LABELS[code]}","score":%s' for code in labels.tolist()], scores
