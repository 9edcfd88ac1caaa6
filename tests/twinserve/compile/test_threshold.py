"""A fixed or tuned threshold in the graph: labels as scikit-learn has them, at the threshold itself as well."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twinserve.compile.blocks import Column
from twinserve.compile.compiler import compile_pipeline
from twinserve.errors import CannotCompile
from twinserve.predict.compiled import CompiledPredictor
from twinserve.signature import Columns

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
Y = np.where(X[:, 0] + RNG.normal(size=200) > 0, "yes", "no")
COLUMNS = [Column(f"x{place}", "number") for place in range(3)]


def labels(pipeline: Any, rows: Any) -> list[str]:
    """The compiled labels."""
    answers = CompiledPredictor(compile_pipeline(pipeline, COLUMNS)).predict(Columns(np.asfortranarray(rows)))
    chosen: list[str] = pipeline.classes_[answers.labels].tolist()
    return chosen


@pytest.mark.parametrize(
    "inner",
    [
        LogisticRegression(),
        make_pipeline(StandardScaler(), LogisticRegression()),
        RandomForestClassifier(n_estimators=7, random_state=0),
        HistGradientBoostingClassifier(max_iter=9),
        CalibratedClassifierCV(LogisticRegression(), cv=3, ensemble=False),
    ],
    ids=lambda inner: type(inner).__name__,
)
@pytest.mark.parametrize("positive", ["yes", "no"])
@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.8, 1.0])
def test_labels_are_those_of_scikit_learn(inner: Any, positive: str, threshold: float) -> None:
    model = FixedThresholdClassifier(inner, threshold=threshold, pos_label=positive).fit(X, Y)
    assert labels(model, X) == model.predict(X).tolist()


def test_a_probability_that_is_the_threshold_is_positive() -> None:
    forest = RandomForestClassifier(n_estimators=4, max_depth=3, random_state=0)
    exact = float(forest.fit(X, Y).predict_proba(X[:1])[0, 1])
    for threshold in (np.nextafter(exact, 0), exact, np.nextafter(exact, 1)):
        model = FixedThresholdClassifier(forest, threshold=float(threshold), pos_label="yes").fit(X, Y)
        assert labels(model, X[:1]) == model.predict(X[:1]).tolist()


def test_behind_the_last_step_of_a_pipeline() -> None:
    inner = FixedThresholdClassifier(LogisticRegression(), threshold=0.3, pos_label="yes")
    pipeline = make_pipeline(StandardScaler(), inner).fit(X, Y)
    assert labels(pipeline, X) == pipeline.predict(X).tolist()


@pytest.mark.parametrize("positive", ["yes", "no"])
@pytest.mark.parametrize("threshold", [-0.4, 0.1, "auto"])
def test_a_threshold_for_decisions(positive: str, threshold: Any) -> None:
    """Of a class that is the first the decision counts with the other sign."""
    for inner in (RidgeClassifier(), GradientBoostingClassifier(n_estimators=5)):
        method = "auto" if isinstance(inner, RidgeClassifier) else "decision_function"
        model = FixedThresholdClassifier(inner, threshold=threshold, pos_label=positive, response_method=method)
        assert labels(model.fit(X, Y), X) == model.predict(X).tolist()


def test_a_decision_that_is_the_threshold_is_positive() -> None:
    boosting = GradientBoostingClassifier(n_estimators=5, random_state=0)
    exact = float(boosting.fit(X, Y).decision_function(X[:1])[0])
    for threshold in (np.nextafter(exact, -9), exact, np.nextafter(exact, 9)):
        model = FixedThresholdClassifier(boosting, threshold=float(threshold), response_method="decision_function")
        assert labels(model.fit(X, Y), X) == model.predict(X).tolist()


@pytest.mark.parametrize("inner", [LogisticRegression(), RandomForestClassifier(9, random_state=0), RidgeClassifier()])
@pytest.mark.parametrize("target", [Y, (Y == "yes").astype(int)], ids=["texts", "numbers"])
def test_a_tuned_threshold(inner: Any, target: Any) -> None:
    for scoring in ("balanced_accuracy", make_scorer(f1_score, pos_label=target[0])):
        model = TunedThresholdClassifierCV(inner, scoring=scoring, thresholds=20, cv=3).fit(X, target)
        assert labels(model, X) == model.predict(X).tolist()


def test_more_than_two_classes_have_no_threshold() -> None:
    model = FixedThresholdClassifier(LogisticRegression()).fit(X, Y)
    model.estimator_ = LogisticRegression().fit(X, np.arange(200) % 3)
    with pytest.raises(CannotCompile, match="a classifier of two classes is needed in this place"):
        compile_pipeline(model, COLUMNS)
