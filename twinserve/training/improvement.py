"""Improvements of the winning candidate, each kept only where it was measured to help: class weights, calibration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from twinserve.arrays import FloatArray
from twinserve.evaluate.metrics import score
from twinserve.metric import METRICS
from twinserve.predict.predictor import Predictions
from twinserve.training.cross_validation import Judged, Rounds, cross_validate

RARE: Final = 0.6
"""Weights are tried where the rarest class has less than this of its fair share (1 / classes)."""
FEWEST_FOR_ISOTONIC: Final = 1_000
"""With fewer rows an isotonic curve follows the noise."""
CLEARLY: Final = 2.0
"""Calibration must lower the Brier score by this many standard errors of the difference."""


@dataclass(frozen=True)
class Choice:
    """One improvement that was tried."""

    what: str
    measure: str
    before: float
    after: float
    kept: bool


@dataclass(frozen=True)
class Improved:
    """A candidate, unfitted, with what was kept, and its figures."""

    pipeline: Any
    judged: Judged
    choices: tuple[Choice, ...]


def improve(pipeline: Any, judged: Judged, rounds: Rounds) -> Improved:
    """Try what may help this classifier; a regression has nothing to try."""
    if rounds.classes is None:
        return Improved(pipeline, judged, ())
    weighted = _weigh(Improved(pipeline, judged, ()), rounds)
    return _calibrate(weighted, rounds)


def _weigh(current: Improved, rounds: Rounds) -> Improved:
    """Balanced class weights, by the metric that decides."""
    shares = np.bincount(rounds.truth.astype(int)) / len(rounds.truth)
    names = [name for name in current.pipeline.get_params() if name.split("__")[-1] == "class_weight"]
    if shares.min() >= RARE / len(shares) or not names:
        return current
    pipeline = clone(current.pipeline).set_params(**{min(names, key=len): "balanced"})
    try:
        judged = cross_validate(pipeline, rounds)
    except ValueError:  # scikit-learn takes labels such as "0" for numbers here, and does not find their weights.
        judged = None
    if judged is None:
        return current
    before, after = current.judged.mean, judged.mean
    kept = METRICS[rounds.metric].better(after, before)
    choice = Choice("balanced class weights", rounds.metric, before, after, kept)
    found = Improved(pipeline, judged, ()) if kept else current
    return replace(found, choices=(*current.choices, choice))


def _calibrate(current: Improved, rounds: Rounds) -> Improved:
    """Sigmoid or isotonic curves over the decisions, by the Brier score."""
    before = current.judged.predictions.probabilities
    if before is None or current.judged.decisions is None:
        return current
    methods = ("sigmoid", "isotonic") if len(before) >= FEWEST_FOR_ISOTONIC else ("sigmoid",)
    found = {method: _calibrated(current.judged.decisions, rounds, method) for method in methods}
    method = min(methods, key=lambda method: _squares(found[method], rounds).mean())
    after = found[method]
    gain = _squares(before, rounds) - _squares(after, rounds)
    judged = _rejudged(after, current.judged, rounds)
    kept = bool(gain.mean() > CLEARLY * gain.std() / np.sqrt(len(gain))) and not METRICS[rounds.metric].better(
        current.judged.mean, judged.mean
    )
    choice = Choice(
        f"{method} calibration",
        "brier",
        float(_squares(before, rounds).mean()),
        float(_squares(after, rounds).mean()),
        kept,
    )
    if not kept:
        return replace(current, choices=(*current.choices, choice))
    return Improved(with_calibration(current.pipeline, method, rounds), judged, (*current.choices, choice))


def with_calibration(pipeline: Any, method: str, rounds: Rounds) -> Any:
    """The same pipeline with its last step calibrated by one curve over all folds' decisions."""
    folds = len(rounds.folds)
    if not isinstance(pipeline, Pipeline):
        return CalibratedClassifierCV(pipeline, method=method, cv=folds, ensemble=False)
    *before, (name, last) = clone(pipeline).steps
    return Pipeline([*before, (name, CalibratedClassifierCV(last, method=method, cv=folds, ensemble=False))])


def _calibrated(decisions: FloatArray, rounds: Rounds, method: str) -> FloatArray:
    """Calibrated probabilities for every row, the curve of each fold fitted on the other folds' decisions.

    The models behind the decisions did not see their rows either, so this costs curves and no fit.
    """
    table = decisions.reshape(len(decisions), -1)
    found = np.empty((len(table), len(rounds.classes or ())))
    for learn, judge in rounds.folds:
        given = _Given().fit(table[learn], rounds.target[learn])
        curve = CalibratedClassifierCV(FrozenEstimator(given), method=method, ensemble=False)
        found[judge] = curve.fit(table[learn], rounds.target[learn]).predict_proba(table[judge])
    return found


def _squares(probabilities: FloatArray, rounds: Rounds) -> FloatArray:
    """Each row's part of the Brier score."""
    hits = np.eye(probabilities.shape[1])[rounds.truth.astype(int)]
    squares: FloatArray = ((probabilities - hits) ** 2).sum(axis=1)
    return squares


def _rejudged(probabilities: FloatArray, judged: Judged, rounds: Rounds) -> Judged:
    predictions = Predictions(probabilities.argmax(axis=1), probabilities)
    scores = tuple(
        score(rounds.metric, rounds.truth[judge], Predictions(predictions.labels[judge], probabilities[judge]))  # type: ignore[index]  # Set in the line above.
        for _, judge in rounds.folds
    )
    return replace(judged, scores=scores, predictions=predictions)


class _Given(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no type information.
    """A classifier whose input already is its decision."""

    def fit(self, table: FloatArray, target: NDArray[Any]) -> Self:
        self.classes_ = np.unique(target)
        self.n_features_in_ = table.shape[1]
        return self

    def decision_function(self, table: FloatArray) -> FloatArray:
        return table[:, 0] if len(self.classes_) == 2 else table

    def predict(self, table: FloatArray) -> NDArray[Any]:
        decisions = self.decision_function(table)
        codes = (decisions > 0).astype(int) if decisions.ndim == 1 else decisions.argmax(axis=1)
        labels: NDArray[Any] = self.classes_[codes]
        return labels
