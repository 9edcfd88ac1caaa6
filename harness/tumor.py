"""A store with one version of the default recipe, trained in a second."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from model.tumor import TUMOR, candidates
from twinserve.release.build import Lineage, build
from twinserve.store.registry import Registry
from twinserve.training.data import split
from twinserve.training.fit import fit


def linear(seed: int) -> Mapping[str, Any]:
    """The logistic regression of the recipe's own candidates."""
    return {"logistic regression": candidates(seed)["logistic regression"]}


def store(root: Path, among: Callable[[int], Mapping[str, Any]] = linear) -> Registry:
    """A store with version 1, the best of these candidates, as `train.py` makes it; it is the champion."""
    recipe = replace(TUMOR, candidates=among)
    registry = Registry(root, recipe.name)
    data = split(recipe, recipe.load())
    fitted = fit(recipe, data, seed=0, progress=lambda _: None)
    version, _ = build(registry, recipe, data, fitted, Lineage(seed=0, git_commit=None))
    registry.promote(version)
    return registry
