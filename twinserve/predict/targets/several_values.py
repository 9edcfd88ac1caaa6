"""Several numbers at once: a regression with several targets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from twinserve.metric import Task
from twinserve.predict.predictor import BadPrediction, Predictions
from twinserve.predict.targets.target import NUMBER, UNCOVERED, UNEXPLAINED, FlatColumns, Templates, by_name, quoted


@dataclass(frozen=True)
class SeveralValues:
    """`values` hold one number for each target, `[n, targets]`."""

    names: tuple[str, ...]
    task: Task = "multi-output"
    classes: None = None
    unexplained: str = UNEXPLAINED
    uncovered: str = UNCOVERED

    @property
    def members(self) -> dict[str, Any]:
        """See `Target`."""
        return {"values": by_name(self.names, NUMBER, "The value of each target.")}

    def read(self, head: Any, prepared: Any) -> Predictions:
        """See `Target`."""
        answers = np.asarray(head.predict(prepared), dtype=np.float64)
        if answers.ndim != 2 or answers.shape[1] != len(self.names):
            raise ValueError(f"The estimator gave {answers.shape} numbers for {len(self.names)} targets.")
        return Predictions(values=answers)

    def describe(self, predictions: Predictions) -> list[dict[str, Any]]:
        """See `Target`."""
        if predictions.values is None:
            raise TypeError("Predictions of several values hold values.")
        return [{"values": dict(zip(self.names, row, strict=True))} for row in predictions.values.tolist()]

    def flat(self, predictions: Predictions) -> FlatColumns:
        """See `Target`."""
        if predictions.values is None:
            raise BadPrediction("The predictor gave no value for each target.")
        return {f"values.{name}": predictions.values[:, place] for place, name in enumerate(self.names)}

    def templates(self, predictions: Predictions) -> Templates:
        """See `Target`."""
        values = predictions.values
        if values is None or values.shape != (len(values), len(self.names)):
            raise BadPrediction("The predictor gave no value for each target.")
        return [self._template] * len(values), values

    @cached_property
    def _template(self) -> str:
        return f'"values":{{{",".join(f"{quoted(name)}:%s" for name in self.names)}}}'
