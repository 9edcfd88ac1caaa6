"""Compare a compiled model with the fitted pipeline, on real rows and on rows made to show a difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.predict.answers import ask, picked
from twinserve.predict.predictor import Predictions, Predictor, agree
from twinserve.signature import Columns

IS_RELATIVE: Final = (False, True, True)
"""Probabilities are compared as they are, values and quantiles relative to their size."""


@dataclass(frozen=True)
class Parity:
    """The differences between two predictors on the same rows."""

    rows: int
    """Rows that at least one of them answers."""
    unanswered: int
    """Rows that neither answers: the pipeline raises, or gives NaN."""
    answered_by_one: int
    """Rows that one of them answers and the other does not."""
    largest_difference: float
    label_flips: int

    @property
    def holds(self) -> bool:
        """Whether the compiled model may serve in place of the pipeline."""
        return agree(
            rows=self.rows,
            label_flips=self.label_flips,
            answered_by_one=self.answered_by_one,
            largest_difference=self.largest_difference,
        )

    @property
    def sentence(self) -> str:
        """The outcome as a sentence."""
        if self.holds:
            more = f" Neither predicts {self.unanswered} further rows." if self.unanswered else ""
            return (
                f"Proved equal to the fitted pipeline on {self.rows} rows: "
                f"largest difference {self.largest_difference:.1e}.{more}"
            )
        alone = f"{self.answered_by_one} are predicted by one of the two only, " if self.answered_by_one else ""
        return (
            f"Not equal to the fitted pipeline on {self.rows} rows: {alone}{self.label_flips} labels differ, "
            f"largest difference {self.largest_difference:.1e}."
        )


def compare(compiled: Predictor, fitted: Predictor, groups: Sequence[Columns]) -> Parity:
    """Compare both predictors on every row of the groups."""
    rows = unanswered = alone = flips = 0
    largest = 0.0
    for group in groups:
        by_graph = ask(compiled, group)
        if len(by_graph.given) != len(group):
            return Parity(rows, unanswered, alone, np.inf, flips)
        # A row that the pipeline refuses costs a call of its own, and spoils its batch: such rows are predicted apart.
        by_pipeline = ask(fitted, group.take(np.flatnonzero(by_graph.given).tolist()))
        by_pipeline_alone = ask(fitted, group.take(np.flatnonzero(~by_graph.given).tolist()), alone=True)
        rows += int(by_graph.given.sum() + by_pipeline_alone.given.sum())
        unanswered += int((~by_pipeline_alone.given).sum())
        alone += int((~by_pipeline.given).sum() + by_pipeline_alone.given.sum())
        if len(by_pipeline.given) + len(by_pipeline_alone.given) != len(group):
            return Parity(rows, unanswered, alone, np.inf, flips)
        if by_graph.predictions is not None and by_pipeline.predictions is not None:
            answered = picked(by_graph.predictions, by_pipeline.given)
            flips += _flips(answered, by_pipeline.predictions)
            largest = max(largest, _difference(answered, by_pipeline.predictions))
    return Parity(rows, unanswered, alone, largest, flips)


def _flips(left: Predictions, right: Predictions) -> int:
    if left.labels is None or right.labels is None:
        return 0
    return int(np.count_nonzero(left.labels != right.labels))


def _difference(left: Predictions, right: Predictions) -> float:
    if [part is None for part in left] != [part is None for part in right]:
        return np.inf  # A label cannot be compared with a value.
    gaps = [0.0]
    for (a, b), is_relative in zip(zip(left[1:], right[1:], strict=True), IS_RELATIVE, strict=True):
        if a is not None and b is not None:
            gaps.append(_largest(a, b, np.maximum(1.0, np.abs(b)) if is_relative else np.ones(1)))
    return max(gaps)


def _largest(left: FloatArray, right: FloatArray, scale: FloatArray) -> float:
    if left.shape != right.shape:
        return np.inf
    with np.errstate(over="ignore"):
        gap = np.abs(left - right) / scale
    return float(gap.max(initial=0.0))
