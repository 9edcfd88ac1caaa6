"""Improvements of the best candidate, class weights and calibration; each is kept only where it measurably helps."""

from __future__ import annotations

import warnings
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
from twinserve.metric import metric_of
from twinserve.predict.predictor import Predictions
from twinserve.training.cross_validation import CrossValidated, FoldedRows, cross_validate
from twinserve.training.decided import labelled
from twinserve.training.weighted_fit import part_of

RARE: Final = 0.6
"""Class weights are tried where the rarest class has fewer than this times `rows / classes` rows."""
FEWEST_FOR_ISOTONIC: Final = 1_000
"""Rows; with fewer an isotonic curve overfits."""
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
    """A candidate, unfitted, with the improvements that were kept, and its cross-validation."""

    pipeline: Any
    cv: CrossValidated
    choices: tuple[Choice, ...]


def improve(pipeline: Any, cv: CrossValidated, folded: FoldedRows) -> Improved:
    """Try class weights and, on shuffled folds, calibration on a classifier; a regressor is returned as it is."""
    if folded.classes is None:
        return Improved(pipeline, cv, ())
    weighted = _weigh(Improved(pipeline, cv, ()), folded)
    return _calibrate(weighted, folded) if folded.shuffled else weighted


def _weigh(current: Improved, folded: FoldedRows) -> Improved:
    """Try balanced class weights; they are kept if the metric that decides gets better."""
    frequencies = np.bincount(folded.y_true.astype(int)) / len(folded.y_true)
    names = [name for name in current.pipeline.get_params() if name.split("__")[-1] == "class_weight"]
    if frequencies.min() >= RARE / len(frequencies) or not names:
        return current
    pipeline = clone(current.pipeline).set_params(**{min(names, key=len): "balanced"})
    try:
        cv = cross_validate(pipeline, folded)
    except ValueError:  # scikit-learn takes labels such as "0" for numbers here, and has no weights for those.
        cv = None
    if cv is None:
        return current
    before, after = current.cv.mean, cv.mean
    kept = metric_of(folded.metric).better(after, before)
    choice = Choice("balanced class weights", str(folded.metric), before, after, kept)
    improved = Improved(pipeline, cv, ()) if kept else current
    return replace(improved, choices=(*current.choices, choice))


def _calibrate(current: Improved, folded: FoldedRows) -> Improved:
    """Try a sigmoid and an isotonic curve over the decisions; the better one is kept if it lowers the Brier score."""
    before = current.cv.predictions.probabilities
    if before is None or current.cv.decisions is None:
        return current
    methods = ("sigmoid", "isotonic") if len(before) >= FEWEST_FOR_ISOTONIC else ("sigmoid",)
    calibrated = {method: _calibrated(current.cv.decisions, folded, method) for method in methods}
    method = min(methods, key=lambda method: _brier(calibrated[method], folded))
    after = calibrated[method]
    gain = (_squares(before, folded) - _squares(after, folded)) * _importance(folded)
    cv = _with_probabilities(after, current.cv, folded)
    kept = bool(gain.mean() > CLEARLY * gain.std() / np.sqrt(len(gain))) and not metric_of(folded.metric).better(
        current.cv.mean, cv.mean
    )
    choice = Choice(
        f"{method} calibration",
        "brier",
        _brier(before, folded),
        _brier(after, folded),
        kept,
    )
    if not kept:
        return replace(current, choices=(*current.choices, choice))
    return Improved(with_calibration(current.pipeline, method, folded), cv, (*current.choices, choice))


def with_calibration(pipeline: Any, method: str, folded: FoldedRows) -> Any:
    """The same pipeline with its last step calibrated by one curve over all folds' decisions."""
    folds = len(folded.folds)
    if not isinstance(pipeline, Pipeline):
        return CalibratedClassifierCV(pipeline, method=method, cv=folds, ensemble=False)
    *before, (name, last) = clone(pipeline).steps
    return Pipeline([*before, (name, CalibratedClassifierCV(last, method=method, cv=folds, ensemble=False))])


def _calibrated(decisions: FloatArray, folded: FoldedRows, method: str) -> FloatArray:
    """Calibrated probabilities of every row; the curve for each fold is fitted on the decisions of the other folds.

    The decisions are out-of-fold already, so this fits curves and no model.
    """
    table = decisions.reshape(len(decisions), -1)
    probabilities = np.empty((len(table), len(folded.classes or ())))
    for train, test in folded.folds:
        given, weights = _Given().fit(table[train], part_of(folded.target, train)), part_of(folded.weights, train)
        curve = CalibratedClassifierCV(FrozenEstimator(given), method=method, ensemble=False)
        with warnings.catch_warnings():  # That the weights are those of the curve alone, as they should be.
            warnings.simplefilter("ignore", UserWarning)
            curve.fit(table[train], part_of(folded.target, train), sample_weight=weights)
        probabilities[test] = curve.predict_proba(table[test])
    return probabilities


def _squares(probabilities: FloatArray, folded: FoldedRows) -> FloatArray:
    """Each row's part of the Brier score."""
    hits = np.eye(probabilities.shape[1])[folded.y_true.astype(int)]
    squares: FloatArray = ((probabilities - hits) ** 2).sum(axis=1)
    return squares


def _brier(probabilities: FloatArray, folded: FoldedRows) -> float:
    return float((_squares(probabilities, folded) * _importance(folded)).mean())


def _importance(folded: FoldedRows) -> FloatArray:
    """The weight of each row, 1 on average, `[n]`."""
    weights = np.ones(len(folded.y_true)) if folded.weights is None else folded.weights
    importance: FloatArray = weights / weights.mean()
    return importance


def _with_probabilities(probabilities: FloatArray, cv: CrossValidated, folded: FoldedRows) -> CrossValidated:
    by_size = Predictions(probabilities.argmax(axis=1), probabilities)
    predictions = labelled(by_size, folded.decided, folded.classes)
    scores = tuple(
        score(
            folded.metric,
            folded.y_true[test],
            Predictions(predictions.labels[test], probabilities[test]),  # type: ignore[index]  # Set in the line above.
            weights=part_of(folded.weights, test),
        )
        for _, test in folded.folds
    )
    return replace(cv, scores=scores, predictions=predictions)


class _Given(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no type information.
    """A fitted classifier whose decision function is its input."""

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
