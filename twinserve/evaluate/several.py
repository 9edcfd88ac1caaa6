"""The metrics of several targets: means over the targets, each counted alike.

Labels and `y_true` are places in the list of all targets' classes (`predict/targets/several_labels.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.evaluate import weighted
from twinserve.evaluate.weighted import WeightedScore
from twinserve.predict.predictor import Predictions


def of_labels(score: WeightedScore) -> WeightedScore:
    """The mean over the targets of a metric of labels."""

    def mean(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
        labels = np.asarray(predictions.labels)
        each = [score(y_true[:, place], Predictions(labels[:, place]), counts) for place in range(y_true.shape[1])]
        return np.asarray(np.mean(each, axis=0))

    return mean


def of_values(score: WeightedScore) -> WeightedScore:
    """The mean over the targets of a metric of values."""

    def mean(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
        values = np.asarray(predictions.values)
        columns = ((y_true[:, place], Predictions(values=values[:, place])) for place in range(y_true.shape[1]))
        return np.asarray(np.mean([score(*column, counts) for column in columns], axis=0))

    return mean


def exact_match(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The proportion of rows whose labels are all right."""
    return weighted.mean((y_true == predictions.labels).all(axis=1).astype(np.float64), counts)


def log_loss(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The mean of -log of the true classes' probabilities, which are clipped as scikit-learn does."""
    tiny = np.finfo(np.float64).eps
    likely = np.take_along_axis(np.asarray(predictions.probabilities), y_true.astype(int), axis=1)
    return weighted.mean(-np.log(np.clip(likely, tiny, 1 - tiny)).mean(axis=1), counts)


def roc_auc(y_true: FloatArray, predictions: Predictions, counts: FloatArray) -> FloatArray:
    """The mean over all classes of all targets that some rows have and others have not."""
    probabilities = np.asarray(predictions.probabilities)
    has = [(y_true == code).any(axis=1) for code in range(probabilities.shape[1])]
    areas = [
        weighted.area(positive, probabilities[:, code], counts)
        for code, positive in enumerate(has)
        if 0 < positive.sum() < len(positive)
    ]
    return np.asarray(np.mean(areas, axis=0)) if areas else np.full(len(counts), np.nan)


ALL: Final[Mapping[str, WeightedScore]] = {
    "mean_log_loss": log_loss,
    "mean_roc_auc": roc_auc,
    "mean_accuracy": of_labels(weighted.accuracy),
    "exact_match": exact_match,
    "mean_f1_macro": of_labels(weighted.f1_macro),
    "mean_r2": of_values(weighted.r2),
    "mean_rmse": of_values(weighted.rmse),
    "mean_mae": of_values(weighted.mae),
}
