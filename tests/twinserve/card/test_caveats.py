"""Caveats of a model that is not better than its baseline; no other model has any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from twinserve.card.caveats import caveats, is_weak
from twinserve.metric import names
from twinserve.store.artifact import read_manifest
from twinserve.store.manifest import Manifest


@pytest.fixture
def facts(pristine_fruit: Path) -> Manifest:
    """Of a model that is better than its baseline in everything."""
    return read_manifest(pristine_fruit)


def altered(facts: Manifest, **metrics: float) -> Manifest:
    """The same with other figures."""
    changed: dict[str, Any] = {"metrics": {**facts.metrics, **metrics}}
    return facts.model_copy(update=changed)


def test_a_good_model_has_no_caveats(facts: Manifest) -> None:
    assert caveats(facts) == ()
    assert caveats(facts.model_copy(update={"baseline": {}})) == ()


def test_no_better_than_the_baseline_is_said(facts: Manifest) -> None:
    (caveat,) = caveats(altered(facts, log_loss=facts.baseline["log_loss"]))
    assert caveat.startswith("No better than the baseline by log_loss: ")


def test_one_answer_to_every_row_is_said(facts: Manifest) -> None:
    """Of a rare class, where another metric decides."""
    same = {name: facts.baseline[name] for name in names("classification", probabilities=False)}
    (caveat,) = caveats(altered(facts, **same))
    assert caveat.startswith("The label of every row of the hold-out is the most frequent class; ")
    assert caveats(altered(facts, **{**same, "f1_macro": 0.9})) == ()


def doubtful(facts: Manifest) -> Manifest:
    """Worse than the baseline by accuracy and Brier score, and by log_loss perhaps better."""
    some = {"log_loss": (0.45, 0.62), "accuracy": (0.66, 0.84), "brier": (0.30, 0.42)}
    return facts.model_copy(
        update={
            "metrics": {"log_loss": 0.49, "accuracy": 0.75, "brier": 0.35},
            "baseline": {"log_loss": 0.50, "accuracy": 0.80, "brier": 0.32},
            "intervals": some,
        }
    )


def test_an_interval_that_contains_the_baseline_is_said_with_what_is_worse(facts: Manifest) -> None:
    assert caveats(doubtful(facts)) == (
        "Perhaps no better than the baseline by log_loss: its 95 % interval, 0.4500 to 0.6200, does not exclude the "
        "baseline's 0.5000. Worse than the baseline by accuracy (0.7500; 0.8000), brier (0.3500; 0.3200).",
    )


@pytest.mark.parametrize(
    ("name", "interval"), [("log_loss", (0.45, 0.49)), ("accuracy", (0.81, 0.9)), ("brier", (0.1, 0.3199))]
)
def test_one_interval_that_excludes_the_baseline_makes_a_model_that_is_not_weak(
    facts: Manifest, name: str, interval: tuple[float, float]
) -> None:
    """On the better side."""
    weak = doubtful(facts)
    assert is_weak(weak)
    assert not is_weak(weak.model_copy(update={"intervals": {**weak.intervals, name: interval}}))
    worse = {"log_loss": (0.51, 0.6), "accuracy": (0.7, 0.79), "brier": (0.33, 0.4)}
    assert is_weak(weak.model_copy(update={"intervals": worse}))


def test_what_was_not_measured_is_not_weak(facts: Manifest) -> None:
    assert not is_weak(facts)
    assert not is_weak(facts.model_copy(update={"baseline": {}}))
    assert not is_weak(facts.model_copy(update={"intervals": {}}))
