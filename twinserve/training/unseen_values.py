"""Refuse a pipeline that raises on a valid value that training never saw.

Under the policy `warn` a server predicts such a value, so an encoder that raises on it would refuse the caller; and the
compiled model, which never raises, would answer where the pipeline has no answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from pydantic_core import SchemaValidator, ValidationError

from twinserve.errors import CannotTrain
from twinserve.signature import Columns, Feature, FeatureType, Signature
from twinserve.signature.columns import UNSEEN_CATEGORY
from twinserve.signature.frames import to_frame
from twinserve.signature.request.core_schema import LEAVES
from twinserve.signature.signature import NUMERIC


def raising_encoder(pipeline: Any) -> str | None:
    """The class of an encoder in the pipeline with `handle_unknown="error"`; None where there is none."""
    parts = [pipeline, *pipeline.get_params().values()]
    raising = (type(part).__name__ for part in parts if getattr(part, "handle_unknown", None) == "error")
    return next(raising, None)


def require_tolerance(fitted: Any, encoder: str, real: Columns, signature: Signature) -> None:
    """Raise `CannotTrain` where a fitted pipeline with such an encoder raises on a value that a server accepts.

    An encoder that knows every declared category may stay: no other one reaches it. `real` are rows that it takes.
    """
    for feature, row in _with_unseen_values(real, signature):
        try:
            fitted.predict(to_frame(row, signature))
        except Exception as error:  # Whatever it raises, it is no prediction.
            raise CannotTrain(
                f"The {encoder} raises on an unseen value of {feature.name!r}; set handle_unknown, "
                "or train and serve with TWINSERVE_OUT_OF_RANGE=reject."
            ) from error


def _with_unseen_values(real: Columns, signature: Signature) -> Iterator[tuple[Feature, Columns]]:
    """Copies of the first real row, each with one value replaced by an unseen one; and the feature of that value."""
    for column, feature in enumerate(signature.features):
        for value in _unseen(feature):
            yield feature, real.take([0]).with_cells({(0, column): value})


def _unseen(feature: Feature) -> Iterator[float | str]:
    seen, declared = feature.seen, feature.constraints.enumeration
    if feature.type is FeatureType.CATEGORY:
        yield from [np.nan] if feature.nullable else []
        yield from (
            [float(code) for code, text in enumerate(feature.vocabulary) if text not in (seen.categories or ())]
            if declared
            else [UNSEEN_CATEGORY]
        )
    elif feature.type is FeatureType.BOOLEAN:
        yield from (0.0, 1.0)
    elif feature.type in NUMERIC:
        beyond = [] if seen.minimum is None or seen.maximum is None else [seen.minimum - 1, seen.maximum + 1]
        yield from filter(_allowed_by(feature), map(float, declared or beyond))


def _allowed_by(feature: Feature) -> Any:
    validator = SchemaValidator(LEAVES[feature.type](feature))

    def allowed(value: float) -> bool:
        try:
            validator.validate_python(value)
        except ValidationError:
            return False
        return True

    return allowed
