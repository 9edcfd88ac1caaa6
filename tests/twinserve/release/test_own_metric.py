"""A metric of a recipe's own chooses the candidate, decides at the gate, and is told with its direction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import fruit
from twinserve.arrays import FloatArray
from twinserve.card.caveats import beats_baseline
from twinserve.recipes import Metric
from twinserve.release.steps import Choices, Steps, train
from twinserve.store.artifact import NO_TRUST, open_version
from twinserve.store.manifest import metric_in
from twinserve.store.registry import Registry


def cost(y_true: FloatArray, predictions: Any) -> float:
    """A pear that is taken for an apple costs five."""
    missed, alarms = (y_true > predictions.labels).sum(), (y_true < predictions.labels).sum()
    return float(5 * missed + alarms) / len(y_true)


COST = Metric("cost", "classification", greater_is_better=False, function=cost)


def test_it_chooses_decides_and_is_told(tmp_path: Path) -> None:
    recipe, registry = replace(fruit.FRUIT, metric=COST), Registry(tmp_path, "fruit")
    first = train(Steps(recipe, registry, Choices()))
    facts = open_version(first.folder, NO_TRUST).manifest
    assert (facts.metric, metric_in(facts, "cost").greater_is_better) == ("cost", False)
    assert beats_baseline(facts)
    assert first.fitted.name == "logistic regression"
    assert "cost decides (less is better)" in (first.folder / "card.md").read_text()
    hardly = replace(recipe, candidates=lambda seed: {"hardly fitted": fruit.candidates(seed)["hardly fitted"]})
    verdict = train(Steps(hardly, registry, Choices(allow_weak=True))).outcome.verdict
    assert verdict.champion_score == pytest.approx(facts.metrics["cost"])
    assert "its cost is worse by at most" in verdict.reason
    assert not verdict.passed
