"""The functions of a metric of one's own, from the function that a recipe brings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.errors import CannotTrain
from twinserve.predict.answers import picked
from twinserve.predict.predictor import Predictions


class OwnMetricFails(CannotTrain, ValueError):
    """The function of a recipe's own metric raises, or gives no number."""


def scores(
    name: str, function: Callable[[Any, Any], float]
) -> tuple[Callable[[FloatArray, Predictions], float], Callable[[FloatArray, Predictions, FloatArray], FloatArray]]:
    """Its score of rows as they are, and its score of counted rows, each of which it is given as often as counted."""

    def score(y_true: FloatArray, predictions: Predictions) -> float:
        try:
            return float(function(y_true, predictions))
        except Exception as error:  # Somebody's code may raise anything.
            why = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
            raise OwnMetricFails(f"The metric {name} fails: {why}.") from error

    def weighted(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
        return np.array([drawn(y_true, predictions, count.astype(int)) for count in counts])

    def drawn(y_true: FloatArray, predictions: Predictions, count: Any) -> float:
        rows: Any = np.repeat(np.arange(len(y_true)), count)
        try:
            return score(y_true[rows], picked(predictions, rows))
        except OwnMetricFails:  # As of a draw without some class.
            return np.nan

    return score, weighted
