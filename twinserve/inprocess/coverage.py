"""The argument `coverage` of `Model.predict`, and what it adds to an answer."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

from twinserve.conformal.coverage import Coverage, Covered, Unsupported
from twinserve.conformal.quantiles import HIGHEST, LOWEST, RANGE
from twinserve.errors import AskedWrongly


def supported(coverage: object, of_version: Coverage | None) -> float:
    """The coverage as a float; raises `AskedWrongly` with the sentence of the parameter's 400 or 501."""
    if isinstance(coverage, bool) or not isinstance(coverage, Real):
        raise AskedWrongly("coverage: Must be a number.")
    number = float(coverage)
    if not LOWEST <= number <= HIGHEST:
        raise AskedWrongly(f"coverage: {RANGE}")
    if of_version is None:
        raise AskedWrongly("This version of the model was made without coverage; train it again.")
    try:
        of_version.require(number)
    except Unsupported as error:
        raise AskedWrongly(f"coverage: {error}") from None
    return number


def describe_covered(covered: Covered, classes: Sequence[str] | None) -> list[dict[str, Any]]:
    """The member that each prediction gains."""
    if classes is None:
        ends = zip(covered.low, covered.high, strict=True)
        return [{"interval": {"coverage": covered.coverage, "low": low, "high": high}} for low, high in ends]
    return [
        {"set": {"coverage": covered.coverage, "labels": [classes[code] for code in codes]}} for codes in covered.sets
    ]
