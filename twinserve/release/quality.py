"""How good the predictor that will serve is on the hold-out, as the manifest and the card say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from twinserve.errors import CannotTrain
from twinserve.evaluate.bootstrap import Interval, intervals
from twinserve.evaluate.metrics import evaluate
from twinserve.predict.answers import ask
from twinserve.predict.predictor import Predictions, Predictor
from twinserve.signature import Columns
from twinserve.training.data import Data


@dataclass(frozen=True)
class Quality:
    """Every metric of the hold-out, by name."""

    metrics: Mapping[str, float]
    intervals: Mapping[str, Interval]
    """95 % confidence intervals."""
    baseline: Mapping[str, float]
    """The metrics of a model that uses no feature; empty where there is none."""


def evaluate_on_holdout(predictor: Predictor, data: Data, baseline: Predictions | None, seed: int) -> Quality:
    """Metrics, intervals and baseline; raises `CannotTrain` where the predictor has no answer to some row."""
    predictions = _predictions(predictor, data.holdout.columns)
    y_true = data.holdout.y_true
    return Quality(
        metrics=evaluate(y_true, predictions),
        intervals=intervals(y_true, predictions, seed),
        baseline={} if baseline is None else evaluate(y_true, baseline),
    )


def _predictions(predictor: Predictor, rows: Columns) -> Predictions:
    answers = ask(predictor, rows)
    unanswered = int((~answers.given).sum())
    if unanswered or answers.predictions is None:
        raise CannotTrain(
            f"The model has no prediction for {unanswered} of {len(rows)} held-out rows: it raises on their values or "
            "predicts NaN; leave such rows out, or add a step to the pipeline that handles them."
        )
    return answers.predictions
