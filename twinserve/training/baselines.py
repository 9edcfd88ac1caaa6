"""Predictions of the hold-out rows by a model without features: class frequencies of training, or the mean."""

from __future__ import annotations

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor

from twinserve.arrays import FloatArray
from twinserve.predict.predictor import Predictions
from twinserve.predict.targets.anomaly import Anomaly
from twinserve.predict.targets.quantiles import Quantiles
from twinserve.predict.targets.several_labels import SeveralLabels
from twinserve.predict.targets.several_values import SeveralValues
from twinserve.training.data import Data


def baseline(data: Data) -> Predictions | None:
    """See above; None for an anomaly detector, which would call no row an outlier."""
    y_true, weights, count, target = data.train.y_true, data.train.weights, len(data.holdout), data.target
    if isinstance(target, Anomaly):
        return None
    if isinstance(target, SeveralValues):
        return Predictions(values=np.column_stack([_mean(column, weights, count) for column in y_true.T]))
    if isinstance(target, SeveralLabels):
        likely = [
            _frequencies(column - start, len(classes), weights, count)
            for column, start, classes in zip(y_true.T, target.ends[:-1], target.classes_of, strict=True)
        ]
        labels = [part.argmax(axis=1) + start for part, start in zip(likely, target.ends[:-1], strict=True)]
        return Predictions(np.column_stack(labels), np.concatenate(likely, axis=1))
    if target.classes is not None:
        probabilities = _frequencies(y_true, len(target.classes), weights, count)
        return Predictions(probabilities.argmax(axis=1), probabilities)
    return Predictions(values=_mean(y_true, weights, count), quantiles=_quantiles(y_true, target, count))


def _quantiles(y_true: FloatArray, target: object, count: int) -> FloatArray | None:
    if not isinstance(target, Quantiles):
        return None
    others = np.delete(np.quantile(y_true, target.levels), target.middle)
    return np.tile(others, (count, 1))


def _mean(y_true: FloatArray, weights: FloatArray | None, count: int) -> FloatArray:
    dummy = DummyRegressor().fit(np.zeros((len(y_true), 1)), y_true, sample_weight=weights)
    return np.asarray(dummy.predict(np.zeros((count, 1))), dtype=np.float64)


def _frequencies(codes: FloatArray, classes: int, weights: FloatArray | None, count: int) -> FloatArray:
    """`[count, classes]`"""
    dummy = DummyClassifier(strategy="prior")
    dummy.fit(np.zeros((len(codes), 1)), codes.astype(int), sample_weight=weights)
    likely = np.zeros((count, classes))  # A class may be among the held-out rows only.
    likely[:, dummy.classes_] = dummy.predict_proba(np.zeros((count, 1)))
    return likely
