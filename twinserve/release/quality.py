"""How good the predictor that will serve is on the hold-out, as the manifest and the card say it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from twinserve.errors import CannotTrain
from twinserve.evaluate.bootstrap import Interval, intervals
from twinserve.evaluate.importance import importances
from twinserve.evaluate.metrics import evaluate
from twinserve.evaluate.too_good import too_good
from twinserve.metric import Metric
from twinserve.predict.answers import ask
from twinserve.predict.predictor import Predictions, Predictor
from twinserve.signature import Columns
from twinserve.store.evaluation_facts import ImportanceFacts, TooGood
from twinserve.training.data import Data


@dataclass(frozen=True)
class Quality:
    """Every metric of the hold-out, by name."""

    metrics: Mapping[str, float]
    intervals: Mapping[str, Interval]
    """95 % confidence intervals."""
    baseline: Mapping[str, float]
    """The metrics of a model that uses no feature; empty where there is none."""
    importances: ImportanceFacts | None = None
    too_good: TooGood | None = None


def evaluate_on_holdout(
    predictor: Predictor, data: Data, baseline: Predictions | None, seed: int, metric: str | Metric
) -> Quality:
    """Metrics, intervals, baseline, importances, and a doubt where a figure is nearly perfect.

    Besides the usual metrics `metric`, which decides, is computed. Raises `CannotTrain` where the predictor has no
    answer to some row, where a single value was held out, as R² takes two, or where a metric is not finite."""
    if data.classes is None and len(data.holdout) == 1:
        raise CannotTrain("A single row fell on the hold-out side, too few to evaluate on; give more rows.")
    predictions = _predictions(predictor, data.holdout.columns)
    y_true, weights = data.holdout.y_true, data.holdout.weights
    with np.errstate(all="ignore"):  # An overflow gives infinity or NaN, which is refused.
        quality = Quality(
            metrics=evaluate(y_true, predictions, metric, weights=weights),
            intervals=intervals(y_true, predictions, seed, metric, weights=weights),
            baseline={} if baseline is None else evaluate(y_true, baseline, metric, weights=weights),
        )
        _require_finite(quality)
        ranked = importances(
            predictor, data.holdout.columns, y_true, data.signature, metric=metric, seed=seed, weights=weights
        )
    names = [one.feature for one in ranked.features]
    train, holdout = ((rows.columns, rows.y_true) for rows in (data.train, data.holdout))
    doubt = too_good(train, holdout, data.signature, data.classes, quality.metrics, names)
    return replace(quality, importances=ranked, too_good=doubt)


def _require_finite(quality: Quality) -> None:
    """Raise `CannotTrain` where a figure is infinite or NaN, which JSON cannot hold."""
    for name, value in quality.metrics.items():
        figures = (value, *quality.intervals.get(name, ()), quality.baseline.get(name, 0.0))
        if not all(map(math.isfinite, figures)):
            raise CannotTrain(f"{name} overflows on the hold-out, as its values are too large; take another unit.")


def _predictions(predictor: Predictor, rows: Columns) -> Predictions:
    answers = ask(predictor, rows)
    unanswered = int((~answers.given).sum())
    if unanswered or answers.predictions is None:
        raise CannotTrain(
            f"The model has no prediction for {unanswered} of {len(rows)} held-out rows: it raises on their values or "
            "predicts NaN; leave such rows out, or add a step to the pipeline that handles them."
        )
    return answers.predictions
