"""Whether a pipeline's answer for a row depends on the rows beside it. Then requests must not be joined into one call.

Most estimators treat each row by itself. Some do not: NMF, for example, stops iterating for all rows of a call at once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from twinserve.predict import batching
from twinserve.predict.answers import ask, picked
from twinserve.predict.predictor import Predictions, Predictor, PredictorKind
from twinserve.proof.parity import Parity, compare
from twinserve.signature import Columns
from twinserve.store.manifest import BatchInvariance

SECONDS: Final = 2.0
"""The time that asking one row after the other may take, roughly."""
FEWEST, MOST = 20, 200
"""Rows of the hold-out that are asked; as many as there is time for."""
MADE: Final = 5
"""Rows of each kind that were made for the proof."""
SMALL: Final = 30
"""The most rows of a small batch. Each row is asked in one, and then all rows in a large one."""
LARGE: Final = batching.MOST
"""The most rows of a large batch, for which rows are repeated: some libraries go another way from 256 rows on."""
TIMES_ALONE: Final = 2
"""How often each row is asked alone."""


class Alone:
    """Answers each row by a call of its own."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self.kind: PredictorKind = predictor.kind

    def predict(self, columns: Columns) -> Predictions:
        """The predictions for n rows, by n calls."""
        parts = [self._predictor.predict(columns.take([row])) for row in range(len(columns))]
        return Predictions(*(None if kind[0] is None else np.concatenate(kind) for kind in zip(*parts, strict=True)))


class Told:
    """Gives the predictions that it was told, for the rows that they are of."""

    def __init__(self, predictions: Predictions, kind: PredictorKind) -> None:
        self._predictions, self.kind = predictions, kind

    def predict(self, _columns: Columns) -> Predictions:
        """The predictions for these rows."""
        return self._predictions


def measure_batch_invariance(fitted: Predictor, real: Columns, made: Sequence[Columns], seed: int) -> BatchInvariance:
    """Ask for rows alone and among random others; never raises: what cannot be asked so is not joined either."""
    rng = np.random.default_rng(seed)
    try:
        asked = _asked(fitted, real, made, rng)
        small = compare(Alone(fitted), fitted, list(_small_batches(asked, rng)))
        return _facts(small, _in_large_batch(fitted, asked, rng))
    except Exception:  # A pipeline may hold any code.
        return BatchInvariance(rows=0, label_flips=0, answered_by_one=0, largest_difference=0.0)


def _asked(fitted: Predictor, real: Columns, made: Sequence[Columns], rng: np.random.Generator) -> Columns:
    asked = [real.take(_some(len(real), _affordable(fitted, real), rng))] if len(real) else []
    return Columns.concatenate([*asked, *(group.take(_some(len(group), MADE, rng)) for group in made if len(group))])


def _small_batches(asked: Columns, rng: np.random.Generator) -> Iterator[Columns]:
    order = _some(len(asked), len(asked), rng)
    while order:
        size = int(rng.integers(2, SMALL + 1))
        yield asked.take(order[:size])
        order = order[size:]


def _in_large_batch(fitted: Predictor, asked: Columns, rng: np.random.Generator) -> Parity:
    """All rows that are answered alone by one call, repeated as often as there is time for."""
    alone = ask(Alone(fitted), asked)
    answered = np.flatnonzero(alone.given)
    if alone.predictions is None:
        return Parity(0, len(asked), 0, 0.0, 0)
    began = time.perf_counter()
    ask(fitted, asked.take(answered.tolist()))
    times = int(np.clip(SECONDS / max(1e-6, time.perf_counter() - began), 1, LARGE))
    order = rng.permutation(np.resize(np.arange(len(answered)), min(times * len(answered), max(LARGE, len(answered)))))
    told = Told(picked(alone.predictions, order), fitted.kind)
    return compare(told, fitted, [asked.take(answered[order].tolist())])


def _affordable(fitted: Predictor, real: Columns) -> int:
    """The number of rows that there is time for."""
    ask(fitted, real.take([0]))  # The first call makes caches.
    began = time.perf_counter()
    ask(fitted, real.take([0]))
    calls = SECONDS / max(1e-6, time.perf_counter() - began) / TIMES_ALONE
    return int(np.clip(calls, FEWEST, MOST))


def _some(rows: int, most: int, rng: np.random.Generator) -> list[int]:
    return [int(row) for row in rng.permutation(rows)[:most]]


def _facts(*parities: Parity) -> BatchInvariance:
    largest = max(parity.largest_difference for parity in parities)
    return BatchInvariance(
        rows=sum(parity.rows for parity in parities),
        label_flips=sum(parity.label_flips for parity in parities),
        answered_by_one=sum(parity.answered_by_one for parity in parities),
        largest_difference=min(largest, float(np.finfo(float).max)),  # JSON has no infinity.
    )
