"""The models that the scenarios are played with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from faults.misbehaving import Misbehaving
from model.tumor import TUMOR, candidates
from tests import swapping
from twinserve.release import from_estimator
from twinserve.release.build import Lineage, build
from twinserve.store.registry import Registry
from twinserve.training.data import split
from twinserve.training.fit import fit

WIDE: Final = 500


def tumor(folder: Path) -> Path:
    """One version of the default recipe, a linear model, as champion."""

    def one(seed: int) -> Mapping[str, Any]:
        return {"logistic regression": candidates(seed)["logistic regression"]}

    return _trained(folder, one)


def misbehaving(folder: Path) -> Path:
    """The same input with a model that does what a row tells it to; only a pickle can carry it."""

    def one(_seed: int) -> Mapping[str, Any]:
        return {"misbehaving": make_pipeline(Misbehaving(C=1e-4, max_iter=10_000))}

    return _trained(folder, one)


def fruit(folder: Path) -> Path:
    """Versions 1 and 2, and 3, which is damaged."""
    swapping.store(folder)
    return folder


def _trained(folder: Path, one: Any) -> Path:
    recipe = replace(TUMOR, candidates=one)
    registry = Registry(folder, recipe.name)
    data = split(recipe, recipe.load())
    fitted = fit(recipe, data, seed=0, progress=lambda _: None)
    version, _ = build(registry, recipe, data, fitted, Lineage(seed=0, git_commit=None))
    registry.promote(version)
    return folder


def wide(folder: Path) -> Path:
    """A linear model of very many columns."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(1_000, WIDE)), columns=[f"column_{place:03d}" for place in range(WIDE)])
    target = np.where(table["column_000"] + table["column_001"] > 0, "yes", "no")
    estimator = make_pipeline(StandardScaler(), LogisticRegression(C=0.01)).fit(table, target)
    Registry(folder, "wide").promote(from_estimator.package(estimator, table, target, name="wide", artifacts=folder))
    return folder
