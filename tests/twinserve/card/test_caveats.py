"""A model that says no more than a baseline does is doubted, and no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from twinserve.card.caveats import doubts
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


def test_a_good_model_is_not_doubted(facts: Manifest) -> None:
    assert doubts(facts) == ()
    assert doubts(facts.model_copy(update={"baseline": {}})) == ()


def test_no_better_than_the_baseline_is_said(facts: Manifest) -> None:
    (doubt,) = doubts(altered(facts, log_loss=facts.baseline["log_loss"]))
    assert doubt.startswith("No better than the baseline by log_loss: ")


def test_one_answer_to_every_row_is_said(facts: Manifest) -> None:
    """Of a rare class, where another metric decides."""
    same = {name: facts.baseline[name] for name in names("classification", probabilities=False)}
    (doubt,) = doubts(altered(facts, **same))
    assert doubt.startswith("The commonest class is its answer to every row of the hold-out: ")
    assert doubts(altered(facts, **{**same, "f1_macro": 0.9})) == ()
