"""The rows to which a model has an answer. It may refuse a row, or predict NaN or infinity for it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import numpy as np

from twinserve.arrays import BoolArray, IntArray
from twinserve.predict.halving import by_halves
from twinserve.predict.predictor import BadPrediction, CannotPredict, Predictions, Predictor
from twinserve.signature import Columns, Finding
from twinserve.signature.request.diagnosis import MAX_ERRORS, InvalidInput

Arrays = Iterable[Any]
"""Labels, probabilities and values, some of them None."""
AT_ONCE: Final = 50_000
"""Rows: the table that a pipeline makes of a million takes a gigabyte."""


@dataclass(frozen=True)
class Answers:
    """A predictor's answers to n rows."""

    given: BoolArray
    """`[n]`: the rows that have an answer."""
    predictions: Predictions | None
    """The predictions for these rows, in their order; None if there are none."""


def answered(predictions: Predictions) -> BoolArray:
    """`[n]`: the rows with finite numbers only, and without a label of -1."""
    labels, *numbers = predictions
    given = [] if labels is None else [_all(labels >= 0)]
    given += [_all(np.isfinite(array)) for array in numbers if array is not None]
    if not given:
        raise TypeError("Predictions hold either labels or values.")
    rows: BoolArray = np.logical_and.reduce(given)
    return rows


def require_all(predictions: Predictions, rows: int) -> None:
    """Raise `BadPrediction` unless there is a prediction for each of so many rows."""
    given = answered(predictions)
    if len(given) != rows or not given.all():
        raise BadPrediction(f"The predictor gave {int(given.sum())} predictions for {rows} rows.")


def _all(cells: BoolArray) -> BoolArray:
    """`[n]`: where all cells of a row are true."""
    rows: BoolArray = np.logical_and.reduce(cells, axis=1) if cells.ndim > 1 else cells
    return rows


def picked(predictions: Predictions, rows: BoolArray | IntArray | slice) -> Predictions:
    """The predictions for some rows."""
    arrays: Arrays = (None if array is None else array[rows] for array in predictions)
    return Predictions(*arrays)


def ask(predictor: Predictor, columns: Columns, *, alone: bool = False) -> Answers:
    """A predictor's answers to all rows, `AT_ONCE` of them in a batch; where it refuses one, its halves are predicted.

    `alone` predicts each row by itself, which takes fewer calls where most rows are refused."""
    given: list[BoolArray] = [np.zeros(0, dtype=bool)]
    predictions: list[Predictions] = []
    step = 1 if alone else AT_ONCE
    batches = (columns[start : start + step] for start in range(0, len(columns), step))
    for part, outcome in chain.from_iterable(_parts(predictor, batch) for batch in batches):
        given.append(_answered(part, outcome))
        if not isinstance(outcome, CannotPredict) and given[-1].any():
            predictions.append(picked(outcome, given[-1]))
    arrays: Arrays = (None if kind[0] is None else np.concatenate(kind) for kind in zip(*predictions, strict=True))
    return Answers(np.concatenate(given), Predictions(*arrays) if predictions else None)


def _parts(predictor: Predictor, columns: Columns) -> Iterator[tuple[Columns, Predictions | CannotPredict]]:
    def predict(rows: Columns) -> Predictions:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # Rows with extreme values overflow.
            return predictor.predict(rows)

    return by_halves(predict, columns, CannotPredict)


def _answered(rows: Columns, outcome: Predictions | CannotPredict) -> BoolArray:
    return np.zeros(len(rows), dtype=bool) if isinstance(outcome, CannotPredict) else answered(outcome)


def refused_rows(predictor: Predictor, columns: Columns, most: int) -> list[int]:
    """The first rows without an answer, at most `most`."""
    refused: list[int] = []
    first = 0
    for part, outcome in _parts(predictor, columns):
        refused += (first + np.flatnonzero(~_answered(part, outcome))).tolist()
        first += len(part)
        if len(refused) >= most:
            break
    return refused[:most]


def unpredictable(rows: Sequence[int], *, is_array: bool) -> InvalidInput:
    """The error for valid values to which the model has no answer. `rows` may end after `MAX_ERRORS` + 1."""
    paths = [(row,) if is_array else () for row in rows[: MAX_ERRORS + 1]]
    findings = [Finding(path, "unpredictable", "The model cannot predict for these values.") for path in paths]
    is_exact = len(findings) <= MAX_ERRORS
    return InvalidInput(findings[:MAX_ERRORS], len(findings), is_exact=is_exact)
