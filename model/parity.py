"""The proof that a compiled model answers as the fitted pipeline does: on real rows, and on rows made to break it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from model.predictor import Predictions, Predictor
from model.signature import Columns, FloatArray

TOLERANCE: Final = 1e-9
"""Largest difference of a probability, or of a value relative to its size, that still counts as the same answer."""


@dataclass(frozen=True)
class Parity:
    """How far two predictors were apart."""

    rows: int
    """Rows compared."""
    not_comparable: int
    """Rows on which the fitted pipeline itself raises."""
    largest_difference: float
    label_flips: int

    @property
    def holds(self) -> bool:
        """Is the compiled model as good as the pipeline itself?"""
        return self.rows > 0 and self.label_flips == 0 and self.largest_difference <= TOLERANCE

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        if self.holds:
            return (
                f"Proved equal to the fitted pipeline on {self.rows} rows: "
                f"largest difference {self.largest_difference:.1e}."
            )
        return (
            f"Not equal to the fitted pipeline on {self.rows} rows: {self.label_flips} labels differ, "
            f"largest difference {self.largest_difference:.1e}."
        )


def compare(compiled: Predictor, fitted: Predictor, groups: Sequence[Columns]) -> Parity:
    """Both predictors' answers on every row of the groups, side by side."""
    rows = flips = refused = 0
    largest = 0.0
    for group in groups:
        for part, theirs in _answers(fitted, group):
            if theirs is None:
                refused += len(part)
                continue
            mine = compiled.predict(part)
            rows += len(part)
            flips += _flips(mine, theirs)
            largest = max(largest, _difference(mine, theirs))
    return Parity(rows, refused, largest, flips)


def _answers(fitted: Predictor, columns: Columns) -> Iterator[tuple[Columns, Predictions | None]]:
    """The pipeline's answers in as few calls as it takes: where it refuses a batch, its halves are asked."""
    if not len(columns):
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # Extreme rows overflow on purpose.
            found = fitted.predict(columns)
        yield columns, found
    except ValueError:
        if len(columns) == 1:  # What the pipeline refuses, no answer can equal.
            yield columns, None
            return
        middle = len(columns) // 2
        yield from _answers(fitted, columns.take(range(middle)))
        yield from _answers(fitted, columns.take(range(middle, len(columns))))


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
    with np.errstate(invalid="ignore"):  # Two infinities of the same sign are the same answer.
        gap = np.where((mine == theirs) | (np.isnan(mine) & np.isnan(theirs)), 0.0, np.abs(mine - theirs) / scale)
    return float(np.nan_to_num(gap, nan=np.inf, posinf=np.inf).max(initial=0.0))
