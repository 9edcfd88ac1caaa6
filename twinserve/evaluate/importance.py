"""Permutation importance: how much worse the model is on the hold-out when one feature's values are shuffled.

Source: Breiman, "Random Forests", Machine Learning 45 (2001). Correlated features divide their importance among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.evaluate.metrics import score
from twinserve.metric import Metric, metric_of
from twinserve.predict.answers import ask
from twinserve.predict.predictor import Predictions, Predictor
from twinserve.signature import Columns, Signature
from twinserve.store.evaluation_facts import FeatureImportance, ImportanceFacts

REPEATS: Final = 5
MOST_ROWS: Final = 2_000
MOST_FEATURES: Final = 40
"""Of more features those that matter are chosen first, by a shuffle of few rows."""
FEWEST: Final = 50
SCREENED: Final = 200
"""The rows of that shuffle, at least and at most."""
CELLS: Final = 1_200_000
"""Of a table that is wider than this allows fewer rows are asked, and a tenth of it is for the choice of features."""
AT_ONCE: Final = 2_000
"""The rows of a call to the model while features are chosen: several features share one."""


@dataclass(frozen=True)
class Judging:
    """A model and the rows on which it is asked."""

    predictor: Predictor
    columns: Columns
    y_true: FloatArray
    metric: str | Metric
    weights: FloatArray | None = None

    def score(self, columns: Columns) -> float:
        """The metric over the rows that the model answers: shuffled values may make rows that it refuses."""
        answers = ask(self.predictor, columns)
        if answers.predictions is None:
            return np.nan
        weights = None if self.weights is None else self.weights[answers.given]
        try:
            return score(self.metric, self.y_true[answers.given], answers.predictions, weights=weights)
        except ValueError:  # As of a class that has no row left.
            return np.nan


def importances(
    predictor: Predictor,
    columns: Columns,
    y_true: FloatArray,
    signature: Signature,
    *,
    metric: str | Metric,
    seed: int,
    weights: FloatArray | None = None,
) -> ImportanceFacts:
    """The importance of the features, in units of the metric, the most important first.

    Of more than `MOST_FEATURES` those are measured whose shuffling changes the predictions most. So the work
    is bounded: a shuffle of `SCREENED` rows for each feature, and `REPEATS` times `MOST_ROWS` for `MOST_FEATURES`."""
    rng = np.random.default_rng(seed)
    width = len(signature.features)
    rows = np.sort(rng.permutation(len(columns))[: min(MOST_ROWS, max(SCREENED, CELLS // width))])
    if metric_of(metric).task == "classification":  # A row of each class at least.
        rows = np.union1d(rows, np.unique(y_true, return_index=True)[1])
    weighing = None if weights is None else weights[rows]
    judging = Judging(predictor, columns.take(rows.tolist()), y_true[rows], metric, weighing)
    places, screened = list(range(len(signature.features))), None
    if len(places) > MOST_FEATURES:
        few = judging.columns.spread(min(SCREENED, max(FEWEST, CELLS // 10 // width)))
        places, screened = _most_changing(predictor, few, len(places), rng), len(few)
    unshuffled, sign = judging.score(judging.columns), metric_of(metric).sign
    measured = []
    for place in places:
        drops = [sign * (unshuffled - judging.score(_shuffled(judging.columns, place, rng))) for _ in range(REPEATS)]
        if np.isfinite(drops).all():  # JSON holds no other figure.
            name = signature.features[place].name
            measured.append(FeatureImportance(feature=name, mean=float(np.mean(drops)), spread=float(np.std(drops))))
    return ImportanceFacts(
        rows=len(rows),
        repeats=REPEATS,
        of=len(signature.features),
        screened_on=screened,
        features=tuple(sorted(measured, key=lambda importance: -importance.mean)),
    )


def _most_changing(predictor: Predictor, rows: Columns, features: int, rng: np.random.Generator) -> list[int]:
    """The features whose shuffling changes the predictions for these rows most, in the order of the signature."""
    before, changes = _figures(predictor, rows), np.zeros(features)
    step = max(1, AT_ONCE // len(rows))
    for first in range(0, features, step):
        places = range(first, min(first + step, features))
        shuffled = _figures(predictor, Columns.concatenate([_shuffled(rows, place, rng) for place in places]))
        differences = np.abs(shuffled.reshape(len(places), len(rows), -1) - before)
        changes[first : first + len(places)] = np.nan_to_num(differences).mean(axis=(1, 2))
    return sorted(np.argsort(-changes, kind="stable")[:MOST_FEATURES].tolist())


def _figures(predictor: Predictor, rows: Columns) -> FloatArray:
    """The numbers of the predictions, `[n, numbers]`, NaN in a row that has no answer."""
    answers = ask(predictor, rows)
    if answers.predictions is None:
        return np.full((len(rows), 1), np.nan)
    given = _numbers(answers.predictions)
    whole = np.full((len(rows), given.shape[1]), np.nan)
    whole[answers.given] = given
    return whole


def _numbers(predictions: Predictions) -> FloatArray:
    if predictions.probabilities is not None:
        return predictions.probabilities
    numbers = predictions.labels if predictions.values is None else predictions.values
    return np.asarray(numbers, dtype=np.float64).reshape(len(np.asarray(numbers)), -1)


def _shuffled(columns: Columns, place: int, rng: np.random.Generator) -> Columns:
    """The same rows with one column's values in another order."""
    return columns.with_order(place, rng.permutation(len(columns)))
