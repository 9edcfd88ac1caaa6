"""An improvement is kept only if its measured score is better, and still compiles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twinserve.compile import Column, compile_pipeline
from twinserve.predict.targets.one_label import OneLabel
from twinserve.training.cross_validation import CrossValidated, FoldedRows, cross_validate
from twinserve.training.improvement import Improved, improve

ROWS = 1_200


def folded(metric: str, *, positives: float = 0.5, copies: int = 1) -> FoldedRows:
    """Two classes of one number, repeated in columns that naive Bayes takes for independent."""
    rng = np.random.default_rng(0)
    y_true = (rng.random(ROWS) < positives).astype(np.float64)
    value = y_true + rng.normal(0, 1.2, ROWS)
    frame = pd.DataFrame({f"x{i}": value + rng.normal(0, 0.05, ROWS) for i in range(copies)})
    target = np.array(["no", "yes"], dtype=object)[y_true.astype(int)]
    folds = list(StratifiedKFold(4, shuffle=True, random_state=0).split(frame, target))
    return FoldedRows(frame, target, y_true, OneLabel(("no", "yes")), folds, metric)


def improved(pipeline: Any, given: FoldedRows) -> tuple[CrossValidated, Improved]:
    """Before and after the improvements."""
    before = cross_validate(pipeline, given)
    assert before is not None
    return before, improve(pipeline, before, given)


def kept(improved_model: Improved) -> dict[str, bool]:
    return {choice.what: choice.kept for choice in improved_model.choices}


def test_an_overconfident_model_is_calibrated_and_still_compiles() -> None:
    given = folded("log_loss", copies=8)
    before, result = improved(make_pipeline(StandardScaler(), GaussianNB()), given)
    (choice,) = result.choices
    assert choice.kept
    assert choice.after < choice.before
    assert result.cv.mean < before.mean
    fitted = result.pipeline.fit(given.frame, given.target)
    assert compile_pipeline(fitted, [Column(name, "number") for name in given.frame.columns])


def test_the_measured_figure_is_what_the_calibrated_model_reaches() -> None:
    """Curves over out-of-fold decisions stand for the whole nested fit."""
    given = folded("brier", copies=8)
    _, result = improved(make_pipeline(StandardScaler(), GaussianNB()), given)
    whole = cross_validate(result.pipeline, given)
    assert whole is not None
    assert whole.mean == pytest.approx(result.cv.mean, abs=0.01)


def test_a_calibrated_model_is_left_alone() -> None:
    _, result = improved(LogisticRegression(), folded("log_loss"))
    assert list(kept(result).values()) == [False]
    assert isinstance(result.pipeline, LogisticRegression)


def test_weights_are_kept_where_the_metric_asks_for_them() -> None:
    _, result = improved(LogisticRegression(), folded("balanced_accuracy", positives=0.1))
    assert kept(result)["balanced class weights"]
    assert result.pipeline.class_weight == "balanced"


def test_weights_are_not_kept_where_they_hurt() -> None:
    """They bend probabilities, which log loss punishes."""
    _, result = improved(LogisticRegression(), folded("log_loss", positives=0.1))
    assert not kept(result)["balanced class weights"]
    assert result.pipeline.class_weight is None


def test_balanced_classes_need_no_weights() -> None:
    _, result = improved(LogisticRegression(), folded("balanced_accuracy"))
    assert "balanced class weights" not in kept(result)


def test_out_of_fold_predictions_are_in_the_order_of_the_rows() -> None:
    given = folded("accuracy")
    cv = cross_validate(LogisticRegression(), given)
    assert cv is not None
    assert cv.predictions.labels is not None
    assert cv.mean == pytest.approx((cv.predictions.labels == given.y_true).mean(), abs=1e-3)
