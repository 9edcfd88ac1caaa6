"""Permutation importance: how much worse the model is on the hold-out when one feature's values change places.

Source: Breiman, "Random Forests", Machine Learning 45 (2001). Features that say the same share their importance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.evaluate.metrics import METRICS
from twinserve.predict.answers import ask
from twinserve.predict.predictor import Predictor
from twinserve.signature import Columns, Signature

REPEATS: Final = 5
MOST_ROWS: Final = 2_000


@dataclass(frozen=True)
class Importance:
    """One feature's importance, in units of the metric; greater is more important, whatever the metric's sign."""

    feature: str
    mean: float
    spread: float
    """Standard deviation over the repeats."""


def importances(
    predictor: Predictor, columns: Columns, truth: FloatArray, signature: Signature, *, metric: str, seed: int
) -> Sequence[Importance]:
    """Every feature's, the most important first."""
    chance = np.random.default_rng(seed)
    rows = np.sort(chance.permutation(len(columns))[:MOST_ROWS])
    columns, truth = columns.take(rows.tolist()), truth[rows]
    score = METRICS[metric].score
    sign = 1.0 if METRICS[metric].greater_is_better else -1.0

    def judged(rows: Columns) -> float:
        """Values that change places may make a row to which the model has no answer; it counts nothing."""
        answers = ask(predictor, rows)
        return np.nan if answers.predictions is None else score(truth[answers.given], answers.predictions)

    whole = judged(columns)
    found = []
    for place, feature in enumerate(signature.features):
        drops = [sign * (whole - judged(_shuffled(columns, place, chance))) for _ in range(REPEATS)]
        found.append(Importance(feature.name, float(np.mean(drops)), float(np.std(drops))))
    return sorted(found, key=lambda importance: -importance.mean)


def _shuffled(columns: Columns, place: int, chance: np.random.Generator) -> Columns:
    """The same rows with one column's values in another order."""
    return columns.with_column(place, columns.take(chance.permutation(len(columns)).tolist()))
