"""A fitted pipeline split into steps, so that a prediction runs no step twice and builds no DataFrame without need."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from twinserve.estimators.introspection import parts
from twinserve.signature import Columns, Signature
from twinserve.signature.signature import NUMERIC_OR_BOOLEAN

CALLS_USER_CODE: Final = frozenset({"FunctionTransformer"})
"""Classes of scikit-learn that pass their input to a user's function, which may use the column names."""


class Stages:
    """The steps of a pipeline before its last one, and the last one, the `head`.

    `predict` and `predict_proba` of the head share one run of the other steps. The predictions have the bits of the
    pipeline's own."""

    def __init__(self, pipeline: Any, signature: Signature) -> None:
        """The pipeline itself is not changed."""
        *before, head = _steps(pipeline)
        first, *_ = stages = [step for step in before if step not in (None, "passthrough")] + [head]
        self._signature = signature
        all_floats = all(feature.type in NUMERIC_OR_BOOLEAN for feature in signature.features)
        self._takes_array = all_floats and _needs_no_names(stages)
        if self._takes_array:
            stages[0] = _without_names(first)
        *self._before, self.head = stages

    def prepare(self, columns: Columns) -> Any:
        """The input of the head."""
        if self._takes_array:
            # In column-major order, as in a DataFrame: in the other order a matrix product may round differently.
            prepared: Any = np.asfortranarray(columns.matrix)
        else:
            from twinserve.signature.frames import to_frame  # Imports pandas, which a compiled model does without.

            prepared = to_frame(columns, self._signature)
        for step in self._before:
            prepared = step.transform(prepared)
        return prepared


def _steps(pipeline: Any) -> list[Any]:
    """The steps of scikit-learn's own `Pipeline`; any other object, a subclass included, is one step."""
    named = f"{type(pipeline).__module__}.{type(pipeline).__name__}"
    return [step for _, step in pipeline.steps] if named == "sklearn.pipeline.Pipeline" else [pipeline]


def _needs_no_names(stages: Sequence[Any]) -> bool:
    """May the first step get an array in place of a DataFrame?

    Not if user code would see it, if an inner estimator checks column names too, or if a step outputs DataFrames."""
    first = stages[0]
    is_known = type(first).__module__.startswith("sklearn.") and type(first).__name__ not in CALLS_USER_CODE
    makes_tables = any(hasattr(step, "_sklearn_output_config") for step in stages)
    return is_known and not makes_tables and not any(hasattr(part, "feature_names_in_") for part in parts(first))


def _without_names(estimator: Any) -> Any:
    """A shallow copy of an estimator that no longer checks the names of its columns."""
    nameless = copy.copy(estimator)
    vars(nameless).pop("feature_names_in_", None)
    return nameless
