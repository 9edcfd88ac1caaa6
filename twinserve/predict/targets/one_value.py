"""One number: a regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from twinserve.metric import Task
from twinserve.predict.predictor import BadPrediction, Predictions
from twinserve.predict.targets.target import NUMBER, FlatColumns, Templates

VALUE: Final = '"value":%s'


@dataclass(frozen=True)
class OneValue:
    """The value of a row, in the unit of the target."""

    task: Task = "regression"
    classes: None = None
    unexplained: None = None
    uncovered: None = None

    @property
    def members(self) -> dict[str, Any]:
        """See `Target`."""
        return {"value": NUMBER}

    def read(self, head: Any, prepared: Any) -> Predictions:
        """See `Target`; a model that was fitted on one column of targets predicts one."""
        return Predictions(values=np.asarray(head.predict(prepared), dtype=np.float64).reshape(-1))

    def describe(self, predictions: Predictions) -> list[dict[str, Any]]:
        """See `Target`."""
        if predictions.values is None:
            raise TypeError("Predictions of a regression hold values.")
        return [{"value": value} for value in predictions.values.tolist()]

    def flat(self, predictions: Predictions) -> FlatColumns:
        """See `Target`."""
        if predictions.values is None:
            raise BadPrediction("The predictor gave no values.")
        return {"value": predictions.values}

    def templates(self, predictions: Predictions) -> Templates:
        """See `Target`."""
        values = predictions.values
        if values is None:
            raise BadPrediction("The predictor gave no values.")
        return [VALUE] * len(values), values
