"""Joining requests that wait for the same slow predictor into one call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Final

from twinserve.predict.answers import picked
from twinserve.predict.halving import by_halves
from twinserve.predict.predictor import Predictions, Predictor
from twinserve.signature import Columns

Outcome = Predictions | Exception
"""The predictions for a request's rows, or the exception of the call."""

RECENT: Final = 0.1
"""The weight of the latest call in the moving averages; the call ten before it has a third of that."""
SPREAD: Final = 0.1
"""The cost of a row is unknown while the numbers of rows have a standard deviation below this share of their mean."""
WORTH: Final = 4.0
"""Rows are joined until together they cost this many times the fixed cost of a call, which saves 80 % of the most that
joining can save."""

MOST: Final = 1_000
"""Rows from which no more requests join: the proof has tried that many in one call (`proof/batch_invariance.py`)."""

PAUSE: Final = 0.25
"""The longest pause as a share of the fixed cost of a call."""
LONGEST_PAUSE: Final = 0.01
"""Seconds, whatever a call costs: a client that sends its next request at once needs no longer."""


class Cost:
    """The cost of a call as a line through the recent calls: `seconds = per_row * rows + per_call`.

    While all recent calls had about the same number of rows, the whole cost counts as `per_call`. So joining is tried
    at first, and again from time to time where it did not pay.
    """

    def __init__(self) -> None:
        self._rows = self._seconds = self._variance = self._covariance = 0.0
        self._lock = threading.Lock()

    def learn(self, rows: int, seconds: float) -> None:
        """Update the line with one more call."""
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
        """`per_row` and `per_call` in seconds, neither below zero."""
        with self._lock:
            known = self._variance > (SPREAD * self._rows) ** 2
            per_row = max(0.0, self._covariance / self._variance) if known else 0.0
            return per_row, max(0.0, self._seconds - per_row * self._rows)


class Batcher:
    """Joins requests to one predictor; safe to share between threads."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self.cost = Cost()
        """Learned from each call that succeeds."""

    def has_room(self, rows: int, seconds: float) -> bool:
        """May another request join these rows, if the first request must be answered within `seconds`?"""
        per_row, per_call = self.cost.line
        return rows < MOST and per_row * rows <= WORTH * per_call and per_row * rows + per_call < seconds

    def pause(self) -> float:
        """Seconds to wait for more requests after answering several at once; short compared with a call."""
        return min(PAUSE * self.cost.line[1], LONGEST_PAUSE)

    def predict(self, requests: Sequence[Columns]) -> list[Outcome]:
        """The outcome of each request, by a single call of the predictor if it does not fail."""
        return predict_each(self._timed, requests)

    def _timed(self, columns: Columns) -> Predictions:
        started = time.perf_counter()
        predictions = self._predictor.predict(columns)
        self.cost.learn(len(columns), time.perf_counter() - started)
        return predictions


def predict_each(predict: Callable[[Columns], Predictions], requests: Sequence[Columns]) -> list[Outcome]:
    """The outcome of each request. A request whose rows make the predictor fail fails alone."""
    if len(requests) == 1:  # The usual case: 2 us faster than the general one.
        try:
            return [predict(requests[0])]
        except Exception as error:  # A pipeline's own code may raise anything.
            return [error]

    def predict_all(some: Sequence[Columns]) -> list[Outcome]:
        return split(predict(Columns.concatenate(some)), [len(columns) for columns in some])

    outcomes: list[Outcome] = []
    for _, outcome in by_halves(predict_all, requests, Exception):
        outcomes += [outcome] if isinstance(outcome, Exception) else outcome
    return outcomes


def split(predictions: Predictions, sizes: Sequence[int]) -> list[Outcome]:
    """The predictions of joined rows, split by request; raises ValueError unless there is one for each row."""
    if len(sizes) == 1:
        return [predictions]
    if {len(part) for part in predictions if part is not None} != {sum(sizes)}:
        raise ValueError("The predictor gave another number of predictions than it got rows.")
    return [picked(predictions, slice(*bounds)) for bounds in pairwise(accumulate(sizes, initial=0))]
