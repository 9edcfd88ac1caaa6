"""The label follows a threshold, given or chosen by costs, and what serves obeys it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import FixedThresholdClassifier

from twinserve.recipes import Costs, Decision
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.release.steps import Choices, Steps, Trained, train
from twinserve.signature.frames import to_frame
from twinserve.store.artifact import NO_TRUST, open_version
from twinserve.store.registry import Registry
from twinserve.training.threshold import cheapest

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
