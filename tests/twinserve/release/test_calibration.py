"""Coverage is calibrated on rows that the model was not fitted on, however a version is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

import twinserve
from harness import fruit
from twinserve.recipes import Recipe, Table
from twinserve.release.calibration import calibrate_on_holdout
from twinserve.store.artifact import read_manifest
from twinserve.store.manifest import EvaluatedOn, Manifest
from twinserve.store.registry import Registry

pytestmark = pytest.mark.long

ROWS = 400
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame({"a": RNG.normal(size=ROWS), "b": RNG.normal(size=ROWS)})
NOISE = pd.Series(RNG.normal(size=ROWS), name="noise")
CLASSES = pd.Series(RNG.choice(["x", "y", "z"], ROWS), name="chance")


class Input(BaseModel):
    """The two columns."""

    a: float
    b: float


def learned_by_heart(kind: type[Any]) -> Any:
    """A model that is always right about the rows it was fitted on, and here about no others."""
    return kind(n_neighbors=1)


def own_recipe(target: pd.Series[Any], model: Any) -> Recipe:
    """A recipe whose only candidate is this model."""
    is_regression = target is NOISE
    return Recipe(
        name="heart",
        task="regression" if is_regression else "classification",
        input=Input,
        load=lambda: Table(FRAME, target, "made"),
        candidates=lambda _seed: {"heart": model},
        metric="rmse" if is_regression else "log_loss",
        intended_use="Tests.",
    )


def is_measured_on_other_rows(facts: Manifest) -> bool:
    """Are intervals as wide as the noise, or sets as large as chance makes them? On fitted rows both would be least."""
    assert facts.coverage is not None
    told = next(one for one in facts.coverage.measured if one.coverage == 0.9)
    assert told.achieved.share == pytest.approx(0.9, abs=0.05) or facts.task == "classification"
    return told.size > (3.0 if facts.task == "regression" else 2.5)


def card_of(folder: Path) -> str:
    """Its text in one line."""
    return " ".join((folder / "card.md").read_text().split())


@pytest.mark.parametrize(
    ("target", "kind"), [(NOISE, KNeighborsRegressor), (CLASSES, KNeighborsClassifier)], ids=["values", "classes"]
)
def test_a_recipes_model_saw_none_of_the_rows(target: pd.Series[Any], kind: type[Any], tmp_path: Path) -> None:
    folder = fruit.registered(own_recipe(target, learned_by_heart(kind)), tmp_path)
    assert is_measured_on_other_rows(read_manifest(folder))


@pytest.mark.parametrize(
    ("target", "kind"), [(NOISE, KNeighborsRegressor), (CLASSES, KNeighborsClassifier)], ids=["values", "classes"]
)
def test_a_packaged_model_saw_none_that_held_out_names(target: pd.Series[Any], kind: type[Any], tmp_path: Path) -> None:
    """And the card says that this is for its maker to see to: one fitted on all rows looks surer than it is."""
    others = ~twinserve.held_out(FRAME, target)
    honest = learned_by_heart(kind).fit(FRAME[others], target[others])
    version = twinserve.package(honest, FRAME, target, name="honest", artifacts=tmp_path)
    folder = Registry(tmp_path, "honest").path(version)
    assert is_measured_on_other_rows(read_manifest(folder))
    assert "metrics and coverage are valid only if it was not fitted on the held-out rows" in card_of(folder)


@pytest.mark.parametrize("evaluated_on", ["rows that it may have learned from", "nothing"])
def test_rows_that_a_model_may_have_learned_from_calibrate_nothing(evaluated_on: EvaluatedOn) -> None:
    data, fitted = fruit.fitted(fruit.PRICE)
    found = calibrate_on_holdout(None, data, fitted.out_of_fold, evaluated_on, 0)  # type: ignore[arg-type]  # Not asked.
    assert (found.facts.method, found.facts.largest, found.facts.measured) == ("none", 0.0, ())
    assert found.facts.reason == "The model came without rows that it was not fitted on."
