"""Which rows have an answer: a model may refuse a row, or say of it what is no number."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinserve.arrays import BoolArray
from twinserve.predict.predictor import CannotPredict, Predictions, Predictor
from twinserve.signature import Columns

Parts = Iterable[Any]
"""Labels, probabilities and values, some of them None."""


@dataclass(frozen=True)
class Answers:
    """What a predictor says of n rows, where it says something."""

    given: BoolArray
    """`[n]`: the rows that have an answer."""
    predictions: Predictions | None
    """Of these rows, in their order; None where there are none."""


def answered(predictions: Predictions) -> BoolArray:
    """`[n]`: the rows whose every number is finite and whose label is one."""
    labels, shares, values = predictions
    found: list[BoolArray] = []
    if labels is not None:
        found.append(labels >= 0)
    if shares is not None:
        found.append(np.logical_and.reduce(np.isfinite(shares), axis=1))
    if values is not None:
        found.append(np.isfinite(values))
    if not found:
        raise TypeError("Predictions hold either labels or values.")
    rows: BoolArray = np.logical_and.reduce(found)
    return rows


def picked(predictions: Predictions, rows: BoolArray) -> Predictions:
    """The predictions of some rows."""
    parts: Parts = (None if part is None else part[rows] for part in predictions)
    return Predictions(*parts)


def ask(predictor: Predictor, columns: Columns, *, alone: bool = False) -> Answers:
    """A predictor's answers to all rows, by as few calls as it takes: where it refuses a batch, its halves are asked.
    `alone` is for rows that it most likely refuses all: each is asked by itself."""
    given: list[BoolArray] = [np.zeros(0, dtype=bool)]
    told: list[Predictions] = []
    batches = [columns.take([row]) for row in range(len(columns))] if alone else [columns]
    for part, said in (told for batch in batches for told in _said(predictor, batch)):
        given.append(np.zeros(len(part), dtype=bool) if said is None else answered(said))
        if said is not None and given[-1].any():
            told.append(picked(said, given[-1]))
    parts: Parts = (None if kind[0] is None else np.concatenate(kind) for kind in zip(*told, strict=True))
    return Answers(np.concatenate(given), Predictions(*parts) if told else None)


def _said(predictor: Predictor, columns: Columns) -> Iterator[tuple[Columns, Predictions | None]]:
    if not len(columns):
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # Extreme rows overflow on purpose.
            said = predictor.predict(columns)
    except CannotPredict:
        if len(columns) == 1:
            yield columns, None
            return
        middle = len(columns) // 2
        yield from _said(predictor, columns.take(range(middle)))
        yield from _said(predictor, columns.take(range(middle, len(columns))))
    else:
        yield columns, said


def refused_rows(predictor: Predictor, columns: Columns, most: int) -> list[int]:
    """The first rows, so many at most, to which a predictor has no answer."""
    found: list[int] = []
    first = 0
    for part, said in _said(predictor, columns):
        rows = np.zeros(len(part), dtype=bool) if said is None else answered(said)
        found += (first + np.flatnonzero(~rows)).tolist()
        first += len(part)
        if len(found) >= most:
            break
    return found[:most]
