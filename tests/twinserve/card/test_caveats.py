"""Caveats of a model that is not better than its baseline; no other model has any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from twinserve.card.caveats import caveats
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
