"""Fitting with the weights of the rows, which go to the last step of a pipeline."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from twinserve.arrays import FloatArray, IntArray


def fit_weighted(pipeline: Any, frame: Any, target: Any, weights: FloatArray | None) -> Any:
    """The pipeline, fitted; without the weights where its last step takes none."""
    place = _place(pipeline)
    return pipeline.fit(frame, target, **({} if weights is None or place is None else {place: weights}))


def takes_weights(pipeline: Any) -> bool:
    """Does its last step take weights?"""
    return _place(pipeline) is not None


def part_of(numbers: Any, rows: IntArray) -> Any:
    """The weights, or the target, of some of the rows; None where there are none."""
    return None if numbers is None else numbers[rows]


def _place(estimator: Any) -> str | None:
    """The keyword of `fit`, such as `model__sample_weight`; None where there is none."""
    steps = []
    while isinstance(estimator, Pipeline):
        name, estimator = estimator.steps[-1]
        steps.append(name)
    return "__".join([*steps, "sample_weight"]) if has_fit_parameter(estimator, "sample_weight") else None
