"""The argument `coverage` of `Model.predict`, and what it adds to an answer."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

from twinserve.arrays import FloatArray
from twinserve.conformal.coverage import Coverage, Covered, Unsupported
from twinserve.conformal.quantiles import HIGHEST, LOWEST, RANGE
from twinserve.errors import AskedWrongly
from twinserve.predict.linear import Row


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
    coverage = covered.coverage
    if classes is None:
        return [_interval(coverage, *ends) for ends in zip(covered.low, covered.high, strict=True)]
    return [_set(coverage, codes, classes) for codes in covered.sets]


def describe_row(
    of_version: Coverage, row: Row, matrix: FloatArray, coverage: float, classes: Sequence[str] | None
) -> dict[str, Any]:
    """The same of one row in Python numbers."""
    if classes is None:
        return _interval(coverage, *of_version.of_value(row["value"], matrix, coverage))
    return _set(coverage, of_version.of_label(row["label"], row["probabilities"], coverage), classes)


def _interval(coverage: float, low: float, high: float) -> dict[str, Any]:
    return {"interval": {"coverage": coverage, "low": low, "high": high}}


def _set(coverage: float, codes: Sequence[int], classes: Sequence[str]) -> dict[str, Any]:
    return {"set": {"coverage": coverage, "labels": [classes[code] for code in codes]}}
