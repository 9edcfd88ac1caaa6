"""Whether a pipeline's answer for a row depends on the rows beside it. Then requests must not be joined into one call.

Most estimators treat each row by itself. Some do not: NMF, for example, stops iterating for all rows of a call at once.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from twinserve.predict.answers import ask
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
ROUNDS: Final = 2
"""How often each row is asked in a batch, each time among others."""
LARGEST_BATCH: Final = 30


class Alone:
    """Answers each row by a call of its own."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self.kind: PredictorKind = predictor.kind

    def predict(self, columns: Columns) -> Predictions:
        """The predictions for n rows, by n calls."""
        parts = [self._predictor.predict(columns.take([row])) for row in range(len(columns))]
        return Predictions(*(None if kind[0] is None else np.concatenate(kind) for kind in zip(*parts, strict=True)))


def measure_batch_invariance(fitted: Predictor, real: Columns, made: Sequence[Columns], seed: int) -> BatchInvariance:
    """Ask for rows alone and among random others; never raises: what cannot be asked so is not joined either."""
    try:
        parity = compare(Alone(fitted), fitted, list(_batches(fitted, real, made, np.random.default_rng(seed))))
    except Exception:  # A pipeline may hold any code.
        return BatchInvariance(rows=0, label_flips=0, answered_by_one=0, largest_difference=0.0)
    return _facts(parity)


def _batches(fitted: Predictor, real: Columns, made: Sequence[Columns], rng: np.random.Generator) -> Sequence[Columns]:
    asked = [real.take(_some(len(real), _affordable(fitted, real), rng))] if len(real) else []
    asked += [group.take(_some(len(group), MADE, rng)) for group in made if len(group)]
    everything = Columns.concatenate(asked)
    batches = []
    for _ in range(ROUNDS):
        order = rng.permutation(len(everything)).tolist()
        while order:
            size = int(rng.integers(2, LARGEST_BATCH + 1))
            batches.append(everything.take(order[:size]))
            order = order[size:]
    return batches


def _affordable(fitted: Predictor, real: Columns) -> int:
    """The number of rows that there is time for."""
    ask(fitted, real.take([0]))  # The first call makes caches.
    began = time.perf_counter()
    ask(fitted, real.take([0]))
    calls = SECONDS / max(1e-6, time.perf_counter() - began) / ROUNDS
    return int(np.clip(calls, FEWEST, MOST))


def _some(rows: int, most: int, rng: np.random.Generator) -> list[int]:
    return [int(row) for row in rng.permutation(rows)[:most]]


def _facts(parity: Parity) -> BatchInvariance:
    return BatchInvariance(
        rows=parity.rows,
        label_flips=parity.label_flips,
        answered_by_one=parity.answered_by_one,
        largest_difference=min(parity.largest_difference, float(np.finfo(float).max)),  # JSON has no infinity.
    )
