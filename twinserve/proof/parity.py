"""The proof that a compiled model answers as the fitted pipeline does: on real rows, and on rows made to break it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.predict.answers import ask, picked
from twinserve.predict.predictor import Predictions, Predictor
from twinserve.signature import Columns

TOLERANCE: Final = 1e-9
"""Largest difference of a probability, or of a value relative to its size, that still counts as the same answer."""


@dataclass(frozen=True)
class Parity:
    """How far two predictors were apart."""

    rows: int
    """Rows to which at least one of them has an answer."""
    unanswered: int
    """Rows to which neither has: the pipeline raises, or says what is no number."""
    answered_by_one: int
    """Rows to which one has an answer and the other has none."""
    largest_difference: float
    label_flips: int

    @property
    def holds(self) -> bool:
        """Is the compiled model as good as the pipeline itself?"""
        same = not (self.label_flips or self.answered_by_one) and self.largest_difference <= TOLERANCE
        return self.rows > 0 and same

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        if self.holds:
            silent = f" On {self.unanswered} more rows neither has an answer." if self.unanswered else ""
            return (
                f"Proved equal to the fitted pipeline on {self.rows} rows: "
                f"largest difference {self.largest_difference:.1e}.{silent}"
            )
        alone = f"{self.answered_by_one} are answered by one of the two only, " if self.answered_by_one else ""
        return (
            f"Not equal to the fitted pipeline on {self.rows} rows: {alone}{self.label_flips} labels differ, "
            f"largest difference {self.largest_difference:.1e}."
        )


def compare(compiled: Predictor, fitted: Predictor, groups: Sequence[Columns]) -> Parity:
    """Both predictors' answers on every row of the groups, side by side."""
    rows = silent = alone = flips = 0
    largest = 0.0
    for group in groups:
        mine = ask(compiled, group)
        if len(mine.given) != len(group):
            return Parity(rows, silent, alone, np.inf, flips)
        # A row that it refuses costs the pipeline a call, and another in each batch that it is in: so these are apart.
        theirs = ask(fitted, group.take(np.flatnonzero(mine.given).tolist()))
        others = ask(fitted, group.take(np.flatnonzero(~mine.given).tolist()), alone=True)
        rows += int(mine.given.sum() + others.given.sum())
        silent += int((~others.given).sum())
        alone += int((~theirs.given).sum() + others.given.sum())
        if len(theirs.given) + len(others.given) != len(group):
            return Parity(rows, silent, alone, np.inf, flips)
        if mine.predictions is not None and theirs.predictions is not None:
            said = picked(mine.predictions, theirs.given)
            flips += _flips(said, theirs.predictions)
            largest = max(largest, _difference(said, theirs.predictions))
    return Parity(rows, silent, alone, largest, flips)


def _flips(mine: Predictions, theirs: Predictions) -> int:
    if mine.labels is None or theirs.labels is None:
        return 0
    return int((mine.labels != theirs.labels).sum())


def _difference(mine: Predictions, theirs: Predictions) -> float:
    if [part is None for part in mine] != [part is None for part in theirs]:
        return np.inf  # A label and a value, say, have no distance.
    if mine.values is not None and theirs.values is not None:
        return _largest(mine.values, theirs.values, np.maximum(1.0, np.abs(theirs.values)))
    if mine.probabilities is None or theirs.probabilities is None:
        return 0.0
    return _largest(mine.probabilities, theirs.probabilities, np.ones(1))


def _largest(mine: FloatArray, theirs: FloatArray, scale: FloatArray) -> float:
    if mine.shape != theirs.shape:
        return np.inf
    with np.errstate(over="ignore"):
        gap = np.abs(mine - theirs) / scale
    return float(gap.max(initial=0.0))
