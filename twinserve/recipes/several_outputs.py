"""Candidates that learn several targets at once; an estimator that cannot is fitted once for each target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.base import is_classifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import Pipeline


def of_several(candidates: Mapping[str, Pipeline]) -> Mapping[str, Pipeline]:
    """The same candidates for several targets."""
    return {name: Pipeline([*made.steps[:-1], _of_several(*made.steps[-1])]) for name, made in candidates.items()}


def _of_several(name: str, model: Any) -> tuple[str, Any]:
    if model.__sklearn_tags__().target_tags.multi_output:
        return name, model
    return name, MultiOutputClassifier(model) if is_classifier(model) else MultiOutputRegressor(model)
