"""How good is a candidate on rows that it was not fitted on: predictions for every row, each from a fit without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from twinserve.arrays import FloatArray, IntArray
from twinserve.evaluate.metrics import score
from twinserve.predict.predictor import Predictions

Fold = tuple[IntArray, IntArray]
"""Places of the rows to fit on, and of the rows to predict."""


@dataclass(frozen=True)
class Rounds:
    """What every candidate is judged by: the same rows in the same folds, and the metric that decides."""

    frame: Any
    """The training rows as the table that pipelines take."""
    target: NDArray[Any]
    """What pipelines learn: labels or values."""
    truth: FloatArray
    """The same as class codes or values."""
    classes: tuple[str, ...] | None
    folds: Sequence[Fold]
    metric: str


@dataclass(frozen=True)
class Judged:
    """A candidate's figures."""

    scores: tuple[float, ...]
    """The metric in each fold, as the metric counts (less may be better)."""
    predictions: Predictions
    """For every row, from the fit that did not see it; empty where not every fold was run."""
    decisions: FloatArray | None
    """What a calibrator takes: the decision function, `[n]` for two classes or `[n, classes]`, else probabilities."""

    @property
    def mean(self) -> float:
        """Over the folds."""
        return float(np.mean(self.scores))

    @property
    def spread(self) -> float:
        """Standard deviation over the folds."""
        return float(np.std(self.scores))


def cross_validate(
    pipeline: Any, rounds: Rounds, *, hopeless: Callable[[Sequence[float]], bool] | None = None
) -> Judged | None:
    """Fit and predict fold by fold; None as soon as `hopeless` says so of the scores so far."""
    parts: list[_Part] = []
    scores: list[float] = []
    for learn, judge in rounds.folds:
        fitted = clone(pipeline).fit(rounds.frame.iloc[learn], rounds.target[learn])
        parts.append(_part(fitted, rounds, judge))
        scores.append(score(rounds.metric, rounds.truth[judge], parts[-1].predictions))
        if hopeless is not None and hopeless(scores):
            return None
    order = np.argsort(np.concatenate([judge for _, judge in rounds.folds]))
    decisions = [part.decisions for part in parts if part.decisions is not None]
    return Judged(tuple(scores), _joined(parts, order), np.concatenate(decisions)[order] if decisions else None)


@dataclass(frozen=True)
class _Part:
    predictions: Predictions
    decisions: FloatArray | None


def _part(fitted: Any, rounds: Rounds, judge: IntArray) -> _Part:
    frame = rounds.frame.iloc[judge]
    if rounds.classes is None:
        return _Part(Predictions(values=np.asarray(fitted.predict(frame), dtype=np.float64).reshape(-1)), None)
    codes = {label: code for code, label in enumerate(rounds.classes)}
    shares = np.asarray(fitted.predict_proba(frame), dtype=np.float64) if hasattr(fitted, "predict_proba") else None
    labels = np.array([codes[label] for label in fitted.predict(frame)], dtype=np.int64)
    if hasattr(fitted, "decision_function"):
        return _Part(Predictions(labels, shares), np.asarray(fitted.decision_function(frame), dtype=np.float64))
    if shares is None:
        return _Part(Predictions(labels), None)
    return _Part(Predictions(labels, shares), shares[:, 1] if len(codes) == 2 else shares)


def _joined(parts: Sequence[_Part], order: IntArray) -> Predictions:
    def column(name: str) -> Any:
        found = [getattr(part.predictions, name) for part in parts]
        return None if found[0] is None else np.concatenate(found)[order]

    return Predictions(column("labels"), column("probabilities"), column("values"))
