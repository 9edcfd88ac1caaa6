"""The target of a table: its task, and its values in the form that a recipe holds."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from pandas.api import types as dtypes

from twinserve.errors import AskedWrongly
from twinserve.metric import Task
from twinserve.signature.signature import NUMERIC, TEMPORAL, FeatureType
from twinserve.signature.sources.type_inference import NotAFeature, interpret, plain_text

MOST_CLASSES: Final = 100
"""With more labels than this, the choice of target is probably a mistake."""
MOST_NUMBERED_CLASSES: Final = 10
"""A target with at most this many distinct whole numbers is a classification."""


class BadTarget(AskedWrongly):
    """The target cannot be learned, for the reason in the message."""


def guess_task(target: pd.Series[Any]) -> Task:
    """Classification for texts, booleans, categories and few distinct whole numbers; regression for other numbers.

    `target` has no nulls. Raises `BadTarget` for dates."""
    kind = _kind(target)
    if kind in NUMERIC:
        numbers = target.to_numpy(dtype=np.float64)
        whole = bool((numbers == np.floor(numbers)).all())
        return "classification" if whole and target.nunique() <= MOST_NUMBERED_CLASSES else "regression"
    _require_no_dates(target, kind)
    return "classification"


def labels(target: pd.Series[Any]) -> pd.Series[Any]:
    """The labels of a classification as texts; raises `BadTarget` for one class only, or for too many."""
    kind = _kind(target)
    texts = pd.Series([plain_text(value) for value in target.tolist()], index=target.index, dtype=object)
    if kind is FeatureType.BOOLEAN:
        texts = texts.str.lower()  # `True` in a CSV file is the boolean `true`.
    distinct = texts.nunique()
    if distinct < 2:
        raise BadTarget(f"The target {target.name!r} has one class only; there is nothing to learn.")
    if distinct > MOST_CLASSES or 2 * distinct > len(texts):
        raise BadTarget(
            f"The target {target.name!r} has {distinct} classes in {len(texts)} rows; "
            "give --task regression if it is a number, or another target."
        )
    return texts


def values(target: pd.Series[Any]) -> pd.Series[Any]:
    """The numbers of a regression; raises `BadTarget` unless all are finite and at least two differ."""
    _require_no_dates(target, _kind(target))
    try:
        numbers = target.to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        raise BadTarget(f"The target {target.name!r} is not a number in every row; a regression needs one.") from None
    if not np.isfinite(numbers).all():
        raise BadTarget(f"The target {target.name!r} holds infinite numbers; remove those rows.")
    if len(np.unique(numbers)) < 2:
        raise BadTarget(f"The target {target.name!r} has the same value in every row; there is nothing to learn.")
    return pd.Series(numbers, index=target.index)


def _kind(target: pd.Series[Any]) -> FeatureType:
    if dtypes.is_bool_dtype(target.dtype):
        return FeatureType.BOOLEAN
    if dtypes.is_timedelta64_dtype(target.dtype):
        raise BadTarget(f"The target {target.name!r} holds durations; predict a number of a unit of your choice.")
    try:
        return interpret(target, recognise=True).type
    except NotAFeature as error:
        raise BadTarget(f"The target {target.name!r} {error}; a target is a text, a boolean or a number.") from None


def _require_no_dates(target: pd.Series[Any], kind: FeatureType) -> None:
    if kind in TEMPORAL:
        raise BadTarget(f"The target {target.name!r} holds dates; predict a number, such as days, or a category.")
