"""How good is a model: the hold-out that never changes sides, and the metrics."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from model.predictor import Predictions
from model.signature import Columns, Feature, FeatureType, FloatArray, Signature, to_instances
from model.signature.columns import SECONDS_PER_DAY

HOLDOUT_SHARE: Final = 0.2

Score = Callable[[FloatArray, Predictions], float]


@dataclass(frozen=True)
class Metric:
    """A figure of merit; `score` takes the truth (class codes or values) and the predictions."""

    score: Score
    greater_is_better: bool


def holdout_mask(columns: Columns, signature: Signature) -> NDArray[np.bool_]:
    """Which rows judge models and are never learned from: a hash of the row's content decides, not chance, so the same
    row is on the same side in every training, whatever the seed and whatever rows are added, even where these make an
    integer a number or a date a datetime, bring a field that the row has not, or the columns in another order."""
    ordered = sorted(enumerate(signature.features), key=lambda placed: str(placed[1].path))
    paths = [feature.path for _, feature in ordered]
    rows = zip(*(_contents(columns, place, feature) for place, feature in ordered), strict=True)
    share = [
        _hash([(path, value) for path, value in zip(paths, row, strict=True) if value is not None]) for row in rows
    ]
    return np.array(share) < HOLDOUT_SHARE


def _contents(columns: Columns, place: int, feature: Feature) -> Sequence[float | str | None]:
    """What a column says, alike for types of which one takes all that the other does."""
    if feature.type is FeatureType.STRING:
        return columns.texts[place]
    known, values = feature.vocabulary, columns.matrix[:, place] + 0.0  # No -0.
    if feature.type is FeatureType.DATE:
        values = values * SECONDS_PER_DAY
    found = [None if math.isnan(value) else value for value in values.tolist()]
    if feature.type is not FeatureType.CATEGORY:
        return found
    return [
        None if code is None else known[int(code)] if code >= 0 else columns.unseen[row, place]
        for row, code in enumerate(found)
    ]


def _hash(content: object) -> float:
    """A row's content as a number in [0, 1)."""
    digest = hashlib.blake2b(repr(content).encode(), digest_size=8).digest()
    return float(int.from_bytes(digest, "big") / 2**64)


def fingerprint(columns: Columns, signature: Signature, target: Sequence[object]) -> str:
    """SHA-256 over the content of all rows, in their order."""
    whole = hashlib.sha256()
    for instance, value in zip(to_instances(columns, signature), target, strict=True):
        whole.update(repr((instance, value)).encode())
    return whole.hexdigest()


def evaluate(truth: FloatArray, predictions: Predictions) -> dict[str, float]:
    """Every metric that these predictions allow; `truth` holds class codes or values."""
    return {name: METRICS[name].score(truth, predictions) for name in _fitting(predictions)}


def _fitting(predictions: Predictions) -> Sequence[str]:
    if predictions.values is not None:
        return REGRESSION
    return LABELS if predictions.probabilities is None else (*LABELS, *PROBABILITIES)


def _of_labels(score: Callable[..., float], **options: Any) -> Score:
    return lambda truth, predictions: float(score(truth, predictions.labels, **options))


def _of_values(score: Callable[..., float]) -> Score:
    return lambda truth, predictions: float(score(truth, predictions.values))


def _log_loss(truth: FloatArray, predictions: Predictions) -> float:
    shares = _summing_to_one(_probabilities(predictions))
    return float(metrics.log_loss(truth, shares, labels=np.arange(shares.shape[1])))


def _roc_auc(truth: FloatArray, predictions: Predictions) -> float:
    shares = _probabilities(predictions)
    if shares.shape[1] == 2:
        return float(metrics.roc_auc_score(truth, shares[:, 1]))
    each = [metrics.roc_auc_score(truth == code, shares[:, code]) for code in range(shares.shape[1])]
    return float(np.mean(each))


def _brier(truth: FloatArray, predictions: Predictions) -> float:
    """Brier's own score, summed over the classes: 0 to 2."""
    shares = _probabilities(predictions)
    return float(((shares - np.eye(shares.shape[1])[truth.astype(int)]) ** 2).sum(axis=1).mean())


def _probabilities(predictions: Predictions) -> FloatArray:
    if predictions.probabilities is None:
        raise TypeError("The metric needs probabilities and the model gives labels only.")
    return predictions.probabilities


def _summing_to_one(shares: FloatArray) -> FloatArray:
    """Each row over its sum, which is off by 1e-8 where a model computes in float32, and scikit-learn minds."""
    found: FloatArray = shares / shares.sum(axis=1, keepdims=True)
    return found


LABELS: Final = ("accuracy", "balanced_accuracy", "f1_macro")
PROBABILITIES: Final = ("log_loss", "roc_auc", "brier")
REGRESSION: Final = ("r2", "rmse", "mae")
METRICS: Final[Mapping[str, Metric]] = {
    "accuracy": Metric(_of_labels(metrics.accuracy_score), greater_is_better=True),
    "balanced_accuracy": Metric(_of_labels(metrics.balanced_accuracy_score), greater_is_better=True),
    "f1_macro": Metric(_of_labels(metrics.f1_score, average="macro"), greater_is_better=True),
    "log_loss": Metric(_log_loss, greater_is_better=False),
    "roc_auc": Metric(_roc_auc, greater_is_better=True),
    "brier": Metric(_brier, greater_is_better=False),
    "r2": Metric(_of_values(metrics.r2_score), greater_is_better=True),
    "rmse": Metric(_of_values(metrics.root_mean_squared_error), greater_is_better=False),
    "mae": Metric(_of_values(metrics.mean_absolute_error), greater_is_better=False),
}
