"""The models of the scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from faults.misbehaving import Misbehaving
from harness import swapping
from harness import tumor as linear_tumor
from twinserve.release import from_estimator
from twinserve.store.registry import Registry

WIDE: Final = 500


def tumor(folder: Path) -> Path:
    """One version of the default recipe, a linear model, as champion."""

    return linear_tumor.store(folder).folder.parent


def misbehaving(folder: Path) -> Path:
    """The same input with the misbehaving model, which only a pickle can store."""

    def one(_seed: int) -> Mapping[str, Any]:
        return {"misbehaving": make_pipeline(Misbehaving(C=1e-4, max_iter=10_000))}

    return linear_tumor.store(folder, one).folder.parent


def fruit(folder: Path) -> Path:
    """A store with versions 1 and 2, and the damaged version 3."""
    swapping.store(folder)
    return folder


def wide(folder: Path) -> Path:
    """A linear model of very many columns."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(1_000, WIDE)), columns=[f"column_{place:03d}" for place in range(WIDE)])
    target = np.where(table["column_000"] + table["column_001"] > 0, "yes", "no")
    estimator = make_pipeline(StandardScaler(), LogisticRegression(C=0.01)).fit(table, target)
    Registry(folder, "wide").promote(from_estimator.package(estimator, table, target, name="wide", artifacts=folder))
    return folder
