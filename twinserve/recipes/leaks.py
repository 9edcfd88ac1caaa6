"""Target leaks: columns that repeat the target in training and are not known yet when a prediction is needed."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from twinserve.metric import Task
from twinserve.signature.signature import NUMERIC, NUMERIC_OR_BOOLEAN, Signature

NULL: Final = "(null)"
FEWEST_ROWS: Final = 20
"""With fewer rows or distinct values, two columns may agree by chance."""
SAME: Final = 1 - 1e-9
"""The least absolute correlation at which two columns count as the same."""


def find_leaks(frame: pd.DataFrame, signature: Signature, target: pd.Series[Any], task: Task) -> dict[str, str]:
    """A sentence for each column that repeats the target, by its name."""
    if len(frame) < FEWEST_ROWS:
        return {}
    reasons: dict[str, str | None] = {}
    for feature in signature.features:
        values = frame[feature.name]
        if task == "classification":
            reasons[feature.name] = _of_classes(values, target)
        elif feature.type in NUMERIC_OR_BOOLEAN:
            reasons[feature.name] = _of_values(values, target)
    return {name: sentence for name, sentence in reasons.items() if sentence}


def separating(frame: pd.DataFrame, signature: Signature, target: pd.Series[Any]) -> list[str]:
    """The numeric columns of which a single threshold separates two classes in every row; maybe no leaks."""
    classes = sorted(target.unique())
    if len(classes) != 2 or len(frame) < FEWEST_ROWS:
        return []
    names = []
    for feature in signature.features:
        if feature.type not in NUMERIC:
            continue
        ranges = frame[feature.name].groupby(target.to_numpy()).agg(["min", "max"])
        low, high = ranges.sort_values("min").to_numpy()
        if low[1] < high[0]:
            names.append(feature.name)
    return names


def _of_classes(values: pd.Series[Any], target: pd.Series[Any]) -> str | None:
    classes = target.nunique()
    if values.isna().any() and classes == 2 and _one_to_one(values.isna(), target):
        return "it is null exactly where the target has one of its classes"
    if values.nunique(dropna=False) == classes and _one_to_one(values, target):
        return "each of its values belongs to exactly one class of the target"
    return None


def _of_values(values: pd.Series[Any], target: pd.Series[Any]) -> str | None:
    if values.nunique() < FEWEST_ROWS:
        return None
    present = values.notna().to_numpy()
    x, y = values.to_numpy(dtype=np.float64)[present], target.to_numpy(dtype=np.float64)[present]
    if len(np.unique(y)) < FEWEST_ROWS:
        return None
    if abs(_correlation(x, y)) >= SAME:
        return "it is the target on another scale"
    ranks = [pd.Series(side).rank().to_numpy(dtype=np.float64) for side in (x, y)]
    if abs(_correlation(*ranks)) >= SAME:
        return "it orders the rows exactly as the target does"
    return None


def _correlation(left: Any, right: Any) -> float:
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        return float(np.nan_to_num(np.corrcoef(left, right)[0, 1]))


def _one_to_one(values: pd.Series[Any], target: pd.Series[Any]) -> bool:
    pairs = pd.DataFrame({"value": values.astype(object).where(values.notna(), NULL), "target": target})
    return len(pairs.drop_duplicates()) == pairs["value"].nunique() == pairs["target"].nunique()
