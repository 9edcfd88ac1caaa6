"""Several quantiles of one number: a regression that says how far the value may lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from twinserve.metric import Task
from twinserve.predict.predictor import BadPrediction, Predictions
from twinserve.predict.targets.target import NUMBER, FlatColumns, Templates, by_name, quoted


@dataclass(frozen=True)
class Quantiles:
    """`values` hold the middle quantile, `quantiles` the others, `[n, others]`, in ascending order of their levels."""

    levels: tuple[float, ...]
    """An odd number, ascending, each between 0 and 1."""
    task: Task = "regression"
    classes: None = None
    unexplained: None = None
    uncovered: None = None

    @property
    def middle(self) -> int:
        """The place of the quantile that is the value."""
        return len(self.levels) // 2

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the other quantiles, such as `0.1`."""
        return tuple(f"{level:g}" for place, level in enumerate(self.levels) if place != self.middle)

    @property
    def members(self) -> dict[str, Any]:
        """See `Target`."""
        value = NUMBER | {"description": f"The quantile {self.levels[self.middle]:g}."}
        return {"value": value, "quantiles": by_name(self.names, NUMBER, "The other quantiles, by their level.")}

    def read(self, head: Any, prepared: Any) -> Predictions:
        """See `Target`."""
        while hasattr(head, "steps"):  # A whole pipeline: its last step gives the quantiles.
            prepared = head[:-1].transform(prepared) if len(head.steps) > 1 else prepared
            head = head.steps[-1][1]
        ask = getattr(head, "predict_quantiles", head.predict)
        answers = np.asarray(ask(prepared), dtype=np.float64)
        if answers.ndim != 2 or answers.shape[1] != len(self.levels):
            raise ValueError(f"The estimator gave {answers.shape} numbers for {len(self.levels)} quantiles.")
        return Predictions(values=answers[:, self.middle], quantiles=np.delete(answers, self.middle, axis=1))

    def describe(self, predictions: Predictions) -> list[dict[str, Any]]:
        """See `Target`."""
        if predictions.values is None or predictions.quantiles is None:
            raise TypeError("Predictions of quantiles hold values and quantiles.")
        pairs = zip(predictions.values.tolist(), predictions.quantiles.tolist(), strict=True)
        return [{"value": value, "quantiles": dict(zip(self.names, row, strict=True))} for value, row in pairs]

    def flat(self, predictions: Predictions) -> FlatColumns:
        """See `Target`."""
        values, others = predictions.values, predictions.quantiles
        if values is None or others is None:
            raise BadPrediction("The predictor gave no values with their quantiles.")
        return {"value": values, **{f"quantiles.{name}": others[:, place] for place, name in enumerate(self.names)}}

    def templates(self, predictions: Predictions) -> Templates:
        """See `Target`."""
        values, others = predictions.values, predictions.quantiles
        if values is None or others is None or others.shape != (len(values), len(self.names)):
            raise BadPrediction("The predictor gave no values with their quantiles.")
        return [self._template] * len(values), np.column_stack([values, others])

    @cached_property
    def _template(self) -> str:
        return f'"value":%s,"quantiles":{{{",".join(f"{quoted(name)}:%s" for name in self.names)}}}'
