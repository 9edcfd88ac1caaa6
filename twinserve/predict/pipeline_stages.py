"""A fitted pipeline taken apart, so that a prediction does nothing twice and builds no table that nobody reads."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from twinserve.estimators.introspection import parts
from twinserve.signature import Columns, Signature
from twinserve.signature.signature import NUMERIC_OR_BOOLEAN

ANYBODYS_CODE: Final = frozenset({"FunctionTransformer"})
"""Classes of scikit-learn that hand their input to a function, which may want the names."""


class Stages:
    """A pipeline's steps but the last one, and the last one, the `head`: what `predict` and `predict_proba` share is
    computed once. The same bits as the pipeline's own."""

    def __init__(self, pipeline: Any, signature: Signature) -> None:
        """Takes the pipeline as it is now; it stays as it was."""
        *before, head = _steps(pipeline)
        first, *_ = stages = [step for step in before if step not in (None, "passthrough")] + [head]
        self._signature = signature
        all_floats = all(feature.type in NUMERIC_OR_BOOLEAN for feature in signature.features)
        self._takes_array = all_floats and _needs_no_names(stages)
        if self._takes_array:
            stages[0] = _without_names(first)
        *self._before, self.head = stages

    def prepare(self, columns: Columns) -> Any:
        """What the head predicts from."""
        if self._takes_array:
            # In the order of a table's memory: a product of matrices may round otherwise in the other one.
            prepared: Any = np.asfortranarray(columns.matrix)
        else:
            from twinserve.signature.frames import to_frame  # It imports pandas, which a compiled model never needs.

            prepared = to_frame(columns, self._signature)
        for step in self._before:
            prepared = step.transform(prepared)
        return prepared


def _steps(pipeline: Any) -> list[Any]:
    """The steps of scikit-learn's own `Pipeline`; anything else is one step, as it may do what it likes."""
    named = f"{type(pipeline).__module__}.{type(pipeline).__name__}"
    return [step for _, step in pipeline.steps] if named == "sklearn.pipeline.Pipeline" else [pipeline]


def _needs_no_names(stages: Sequence[Any]) -> bool:
    """Does a table's array do as well as the table? Not where code of others sees it, where it reaches a part that
    keeps its names, too, or where a step makes tables."""
    first = stages[0]
    is_known = type(first).__module__.startswith("sklearn.") and type(first).__name__ not in ANYBODYS_CODE
    makes_tables = any(hasattr(step, "_sklearn_output_config") for step in stages)
    return is_known and not makes_tables and not any(hasattr(part, "feature_names_in_") for part in parts(first))


def _without_names(estimator: Any) -> Any:
    """The same estimator, its arrays shared, which no longer looks for the names of its columns."""
    nameless = copy.copy(estimator)
    vars(nameless).pop("feature_names_in_", None)
    return nameless
