"""The label follows a threshold, given or chosen by costs, and what serves obeys it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import average_precision_score
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from harness import fruit
from twinserve.errors import CannotTrain
from twinserve.recipes import Costs, Decision
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.release.steps import Choices, Steps, Trained, train
from twinserve.signature.frames import to_frame
from twinserve.store.artifact import NO_TRUST, open_version
from twinserve.store.registry import Registry
from twinserve.training.data import split
from twinserve.training.fit import fit, fit_on_everything
from twinserve.training.threshold import cheapest
from twinserve.training.weighted_fit import fit_weighted

ROWS = 300


def cost(likely: Any, is_positive: Any, costs: Costs, threshold: float) -> float:
    """Of the labels of this threshold."""
    reached = likely >= threshold
    return float((is_positive & ~reached).sum() * costs.false_negative + (~is_positive & reached).sum())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("costs", [Costs(1, 1), Costs(10, 1), Costs(0.05, 1)], ids=str)
def test_no_threshold_costs_less(seed: int, costs: Costs) -> None:
    """Tried: between all probabilities, and beyond them."""
    rng = np.random.default_rng(seed)
    likely = rng.integers(0, 20, 90) / 19
    is_positive = rng.random(90) < likely
    chosen = cheapest(likely, is_positive, costs)
    least = min(cost(likely, is_positive, costs, threshold) for threshold in np.arange(-1, 42) / 40)
    assert cost(likely, is_positive, costs, chosen) == pytest.approx(least)


def test_weights_count_as_rows() -> None:
    rng = np.random.default_rng(0)
    likely, weights = rng.random(60), rng.integers(0, 4, 60)
    is_positive = rng.random(60) < likely
    rows = np.repeat(np.arange(60), weights)
    costs = Costs(3, 1)
    weighted = cheapest(likely, is_positive, costs, weights.astype(float))
    repeated = cheapest(likely[rows], is_positive[rows], costs)
    assert cost(likely[rows], is_positive[rows], costs, weighted) == cost(
        likely[rows], is_positive[rows], costs, repeated
    )


def trained(folder: Path, decision: Decision) -> Trained:
    """A version of a table with two classes that overlap."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=ROWS)
    y = np.where(x + rng.normal(size=ROWS) > 0, "yes", "no")
    frame = pd.DataFrame({"x": x, "z": rng.normal(size=ROWS), "y": y})
    recipe = table_recipe("mine", frame, TableOptions("y", decision=decision), "")
    return train(Steps(recipe, Registry(folder, "mine"), Choices()))


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize(
    "decision", [Decision(threshold=0.2), Decision("no", 0.9), Decision(costs=Costs(8, 1))], ids=str
)
def test_the_compiled_model_labels_as_scikit_learn_s_own_classifier(decision: Decision, tmp_path: Path) -> None:
    made = trained(tmp_path, decision)
    facts, data = made.manifest.training.decision, made.data
    assert facts is not None
    assert facts.threshold is not None
    assert facts.positive == decision.positive_of(("no", "yes"))
    assert made.manifest.predictor.kind == "compiled", made.manifest.predictor.reason
    assert made.manifest.predictor.parity is not None
    assert made.manifest.predictor.parity["label_flips"] == 0
    pipeline = made.fitted.pipeline
    assert isinstance(pipeline["model"], FixedThresholdClassifier)
    opened = open_version(made.folder, NO_TRUST)
    answers = opened.predictor.predict(data.everything.columns)
    expected = pipeline.predict(to_frame(data.everything.columns, data.signature))
    assert np.array(["no", "yes"])[answers.labels].tolist() == expected.tolist()
    assert answers.probabilities is not None
    likely = answers.probabilities[:, ("no", "yes").index(facts.positive)]
    assert ((expected == facts.positive) == (likely >= facts.threshold)).all()
    assert (answers.labels != answers.probabilities.argmax(axis=1)).any()
    if decision.costs is not None:
        assert facts.threshold < 0.5
        assert facts.costs == {"FN": 8.0, "FP": 1.0}


def test_a_candidate_without_probabilities_is_told_before_it_is_fitted() -> None:
    recipe = replace(fruit.FRUIT, candidates=lambda _: {"ridge": RidgeClassifier()}, decision=Decision(threshold=0.2))
    with pytest.raises(CannotTrain, match="it gives no probabilities, which --threshold and --costs need"):
        fit(recipe, split(recipe, fruit.table()), seed=0, progress=lambda _: None)


def test_a_positive_class_alone_leaves_the_labels_and_is_that_of_average_precision(tmp_path: Path) -> None:
    made = trained(tmp_path, Decision("no"))
    facts, data = made.manifest.training.decision, made.data
    assert facts is not None
    assert facts.sentence == "the more probable class; no is the positive one"
    answers = open_version(made.folder, NO_TRUST).predictor.predict(data.holdout.columns)
    assert answers.probabilities is not None
    assert (answers.labels == answers.probabilities.argmax(axis=1)).all()
    is_no, likely = data.holdout.y_true == 0, answers.probabilities[:, 0]
    assert made.manifest.metrics["average_precision"] == pytest.approx(average_precision_score(is_no, likely))
    assert average_precision_score(~is_no, 1 - likely) != pytest.approx(average_precision_score(is_no, likely))
    low, high = made.manifest.intervals["average_precision"]
    assert low < made.manifest.metrics["average_precision"] < high


@pytest.mark.parametrize("model", [LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression())])
def test_a_last_fit_has_the_weights_and_the_threshold(model: Any) -> None:
    recipe = replace(
        fruit.FRUIT,
        candidates=lambda _: {"model": make_pipeline(fruit.columns_encoded(), model)},
        decision=Decision(threshold=0.2),
    )
    table = fruit.table()
    weights = pd.Series(np.linspace(0.1, 3, len(table.features)), name="w")
    data = split(recipe, replace(table, weights=weights))
    fitted = fit(recipe, data, seed=0, progress=lambda _: None)
    again = fit_on_everything(fitted, data)
    frame, rows = to_frame(data.everything.columns, data.signature), data.everything
    *before, (name, last) = fitted.pipeline.steps
    expected = clone(Pipeline([*before, (name, last.estimator)]))
    assert data.classes is not None
    labels = np.array(data.classes, dtype=object)[rows.y_true.astype(int)]
    fit_weighted(expected, frame, labels, rows.weights)
    np.testing.assert_array_equal(again.predict_proba(frame), expected.predict_proba(frame))
    positive = again.predict(frame) == data.classes[1]
    np.testing.assert_array_equal(positive, expected.predict_proba(frame)[:, 1] >= 0.2)
