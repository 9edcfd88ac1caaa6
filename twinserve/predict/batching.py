"""Requests that wait for the same slow predictor, answered by one call of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Final

from twinserve.predict.halving import by_halves
from twinserve.predict.predictor import Predictions, Predictor
from twinserve.signature import Columns

Outcome = Predictions | Exception
"""What a request gets: predictions for its rows, or the reason why there are none."""

RECENT: Final = 0.1
"""The weight of the latest call in what is learned; the one ten calls ago counts a third of it."""
SPREAD: Final = 0.1
"""Numbers of rows that differ by less of their mean tell nothing of what a row costs."""
WORTH: Final = 4.0
"""Rows are joined until all of them cost so many times what any call costs: 80 % of what joining can save at most."""

PAUSE: Final = 0.25
"""Of what any call costs."""
LONGEST_PAUSE: Final = 0.01
"""Seconds within which callers come back that ask again at once, however long a call takes."""


class Cost:
    """What a call costs: `seconds = per_row * rows + per_call`, a line through the recent calls.

    While all recent calls had about the same number of rows, the whole of it counts as `per_call`: so joining is tried,
    and tried again from time to time where it did not pay.
    """

    def __init__(self) -> None:
        self._rows = self._seconds = self._variance = self._covariance = 0.0
        self._lock = threading.Lock()

    def learn(self, rows: int, seconds: float) -> None:
        """One more call."""
        with self._lock:
            if not self._rows:
                self._rows, self._seconds = rows, seconds
            more, longer = rows - self._rows, seconds - self._seconds
            self._rows += RECENT * more
            self._seconds += RECENT * longer
            self._variance = (1 - RECENT) * (self._variance + RECENT * more * more)
            self._covariance = (1 - RECENT) * (self._covariance + RECENT * more * longer)

    @property
    def line(self) -> tuple[float, float]:
        """`per_row` and `per_call`, neither below zero."""
        with self._lock:
            known = self._variance > (SPREAD * self._rows) ** 2
            per_row = max(0.0, self._covariance / self._variance) if known else 0.0
            return per_row, max(0.0, self._seconds - per_row * self._rows)


class Batcher:
    """Joins requests to one predictor; safe to share between threads."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self.cost = Cost()
        """Learned from every call that succeeds."""

    def has_room(self, rows: int, seconds: float) -> bool:
        """May another request join these rows, the first of which must be answered within so many seconds?"""
        per_row, per_call = self.cost.line
        return per_row * rows <= WORTH * per_call and per_row * rows + per_call < seconds

    def pause(self) -> float:
        """Seconds that are little beside a call: whoever has just answered several may wait as long for more."""
        return min(PAUSE * self.cost.line[1], LONGEST_PAUSE)

    def predict(self, requests: Sequence[Columns]) -> list[Outcome]:
        """What each request gets, by one call of the predictor if none of them makes it fail."""
        return predict_each(self._timed, requests)

    def _timed(self, columns: Columns) -> Predictions:
        started = time.perf_counter()
        predictions = self._predictor.predict(columns)
        self.cost.learn(len(columns), time.perf_counter() - started)
        return predictions


def predict_each(predict: Callable[[Columns], Predictions], requests: Sequence[Columns]) -> list[Outcome]:
    """The outcome of each request. A request whose rows make the predictor fail fails alone."""

    def predict_all(some: Sequence[Columns]) -> list[Outcome]:
        return split(predict(Columns.concatenate(some)), [len(columns) for columns in some])

    outcomes: list[Outcome] = []
    for _, outcome in by_halves(predict_all, requests, Exception):  # A pipeline's own code may raise anything.
        outcomes += [outcome] if isinstance(outcome, Exception) else outcome
    return outcomes


def split(predictions: Predictions, sizes: Sequence[int]) -> list[Outcome]:
    """The predictions of joined rows for each request; raises ValueError where there are not as many as rows."""
    if len(sizes) == 1:
        return [predictions]
    if {len(part) for part in predictions if part is not None} != {sum(sizes)}:
        raise ValueError("The predictor gave another number of predictions than it got rows.")
    return [_part(predictions, slice(*bounds)) for bounds in pairwise(accumulate(sizes, initial=0))]


def _part(predictions: Predictions, rows: slice) -> Predictions:
    labels, probabilities, values = predictions
    return Predictions(
        labels=None if labels is None else labels[rows],
        probabilities=None if probabilities is None else probabilities[rows],
        values=None if values is None else values[rows],
    )
