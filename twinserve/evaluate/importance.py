"""Permutation importance: how much worse the model is on the hold-out when one feature's values change places.

Source: Breiman, "Random Forests", Machine Learning 45 (2001). Features that say the same share their importance.
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
    predictor: Predictor, columns: Columns, truth: FloatArray, signature: Signature, *, metric: str, seed: int
) -> Sequence[Importance]:
    """Every feature's, the most important first."""
    chance = np.random.default_rng(seed)
    rows = np.sort(chance.permutation(len(columns))[:MOST_ROWS])
    columns, truth = columns.take(rows.tolist()), truth[rows]
    sign = METRICS[metric].sign

    def judged(rows: Columns) -> float:
        """Values that change places may make a row to which the model has no answer; it counts nothing."""
        answers = ask(predictor, rows)
        return np.nan if answers.predictions is None else score(metric, truth[answers.given], answers.predictions)

    whole = judged(columns)
    found = []
    for place, feature in enumerate(signature.features):
        drops = [sign * (whole - judged(_shuffled(columns, place, chance))) for _ in range(REPEATS)]
        found.append(Importance(feature.name, float(np.mean(drops)), float(np.std(drops))))
    return sorted(found, key=lambda importance: -importance.mean)


def _shuffled(columns: Columns, place: int, chance: np.random.Generator) -> Columns:
    """The same rows with one column's values in another order."""
    order = chance.permutation(len(columns)).tolist()
    matrix = columns.matrix.copy()
    matrix[:, place] = columns.matrix[order, place]
    new = {old: row for row, old in enumerate(order)}
    unseen = {(new[r] if c == place else r, c): text for (r, c), text in columns.unseen.items()}
    texts = {c: [values[row] for row in order] if c == place else values for c, values in columns.texts.items()}
    return Columns(matrix, unseen, texts)
