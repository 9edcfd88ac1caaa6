"""The metrics of an anomaly detector; those with a truth need rows that are known as inliers or outliers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.evaluate import weighted
from twinserve.evaluate.weighted import WeightedScore
from twinserve.predict.predictor import Predictions


def share(_y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The proportion of rows that are called outliers, whatever they are."""
    return weighted.mean(np.asarray(predictions.labels, dtype=np.float64), counts)


def roc_auc(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The area under the ROC curve of the scores, an outlier being positive."""
    return weighted.area(y_true == 1, -np.asarray(predictions.values), counts)


def average_precision(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The average precision of the scores, an outlier being positive."""
    return weighted.precision(y_true == 1, -np.asarray(predictions.values), counts)


ALL: Final[Mapping[str, WeightedScore]] = {
    "outlier_roc_auc": roc_auc,
    "outlier_average_precision": average_precision,
    "outlier_balanced_accuracy": weighted.balanced_accuracy,
    "outlier_share": share,
}
