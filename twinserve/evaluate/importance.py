"""Permutation importance: how much worse the model is on the hold-out when one feature's values are shuffled.

Source: Breiman, "Random Forests", Machine Learning 45 (2001). Correlated features divide their importance among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.evaluate.metrics import score
from twinserve.metric import METRICS
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
    predictor: Predictor, columns: Columns, y_true: FloatArray, signature: Signature, *, metric: str, seed: int
) -> Sequence[Importance]:
    """The importance of every feature, in units of the metric, the most important first."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(columns))[:MOST_ROWS])
    columns, y_true = columns.take(rows.tolist()), y_true[rows]
    sign = METRICS[metric].sign

    def scored(rows: Columns) -> float:
        """The metric over the rows that the model answers: shuffled values may make rows that it refuses."""
        answers = ask(predictor, rows)
        return np.nan if answers.predictions is None else score(metric, y_true[answers.given], answers.predictions)

    unshuffled = scored(columns)
    ranked = []
    for place, feature in enumerate(signature.features):
        drops = [sign * (unshuffled - scored(_shuffled(columns, place, rng))) for _ in range(REPEATS)]
        ranked.append(Importance(feature.name, float(np.mean(drops)), float(np.std(drops))))
    return sorted(ranked, key=lambda importance: -importance.mean)


def _shuffled(columns: Columns, place: int, rng: np.random.Generator) -> Columns:
    """The same rows with one column's values in another order."""
    return columns.with_column(place, columns.take(rng.permutation(len(columns)).tolist()))
