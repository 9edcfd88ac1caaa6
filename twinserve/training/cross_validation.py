"""Cross-validation of a candidate: a prediction for every row from a fit that did not see it, and a score per fold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from twinserve.arrays import FloatArray, IntArray
from twinserve.evaluate.metrics import score
from twinserve.metric import Metric
from twinserve.predict.predictor import Predictions
from twinserve.predict.targets.target import Target
from twinserve.training.decided import Decided, labelled
from twinserve.training.weighted_fit import fit_weighted, part_of

Fold = tuple[IntArray, IntArray]
"""Positions of the rows to fit on, and of the rows to predict."""


@dataclass(frozen=True)
class FoldedRows:
    """The training rows in folds, the same for every candidate, and the metric that decides."""

    frame: Any
    """The training rows as the table that pipelines take."""
    target: NDArray[Any] | None
    """Labels or values, as pipelines learn them, `[n]` or `[n, targets]`; None for an anomaly detector."""
    y_true: FloatArray
    """The same as class codes or values, `[n]`."""
    predicted: Target
    folds: Sequence[Fold]
    metric: str | Metric
    shuffled: bool = True
    """False: by time or by group, which scikit-learn's own calibration would not respect."""
    weights: FloatArray | None = None
    """The weight of each row, `[n]`; None: all weigh the same."""
    decided: Decided | None = None
    """How labels are decided, where that is known before the training."""

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The labels, where a row has one of several."""
        return self.predicted.classes

    @property
    def all_asked(self) -> bool:
        """Does each row have its prediction? Not where folds go forward in time."""
        return sum(len(test) for _, test in self.folds) == len(self.y_true)


@dataclass(frozen=True)
class CrossValidated:
    """The result of cross-validating one candidate."""

    scores: tuple[float, ...]
    """The metric in each fold, as the metric counts (less may be better)."""
    predictions: Predictions
    """For every row that a fold asks about, from the fit that did not see it."""
    decisions: FloatArray | None
    """The input of a calibrator: the decision function, `[n]` for two classes or `[n, classes]`, else probabilities."""

    @property
    def mean(self) -> float:
        """Over the folds."""
        return float(np.mean(self.scores))

    @property
    def spread(self) -> float:
        """Standard deviation over the folds."""
        return float(np.std(self.scores))


def cross_validate(
    pipeline: Any, folded: FoldedRows, *, is_hopeless: Callable[[Sequence[float]], bool] | None = None
) -> CrossValidated | None:
    """Fit and predict fold by fold; None as soon as `is_hopeless` is true of the scores so far."""
    parts: list[_Part] = []
    scores: list[float] = []
    for train, test in folded.folds:
        learning, asked = part_of(folded.weights, train), part_of(folded.weights, test)
        fitted = fit_weighted(clone(pipeline), folded.frame.iloc[train], part_of(folded.target, train), learning)
        parts.append(_part(fitted, folded, test))
        scores.append(score(folded.metric, folded.y_true[test], parts[-1].predictions, weights=asked))
        if is_hopeless is not None and is_hopeless(scores):
            return None
    order = np.argsort(np.concatenate([test for _, test in folded.folds]))
    decisions = [part.decisions for part in parts if part.decisions is not None]
    return CrossValidated(tuple(scores), _joined(parts, order), np.concatenate(decisions)[order] if decisions else None)


@dataclass(frozen=True)
class _Part:
    predictions: Predictions
    decisions: FloatArray | None


def _part(fitted: Any, folded: FoldedRows, test: IntArray) -> _Part:
    frame = folded.frame.iloc[test]
    predictions = labelled(folded.predicted.read(fitted, frame), folded.decided, folded.classes)
    if folded.classes is not None and hasattr(fitted, "decision_function"):
        return _Part(predictions, np.asarray(fitted.decision_function(frame), dtype=np.float64))
    if predictions.probabilities is None or folded.classes is None:
        return _Part(predictions, None)
    probabilities = predictions.probabilities
    return _Part(predictions, probabilities[:, 1] if probabilities.shape[1] == 2 else probabilities)


def _joined(parts: Sequence[_Part], order: IntArray) -> Predictions:
    def column(name: str) -> Any:
        columns = [getattr(part.predictions, name) for part in parts]
        return None if columns[0] is None else np.concatenate(columns)[order]

    return Predictions(*map(column, Predictions._fields))
