"""Rows made from a signature, for a model that comes without rows: valid, and where the model has seen values."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import pandas as pd

from twinserve.arrays import FloatArray
from twinserve.release.fitted_elsewhere.known_columns import NOTHING, Known, KnownColumn, Range
from twinserve.signature import Columns, Feature, FeatureType, Signature
from twinserve.signature.columns import UNSEEN_CATEGORY
from twinserve.signature.frames import SECONDS_PER_DAY, from_frame
from twinserve.signature.signature import NUMERIC

ROWS: Final = 200
MAGNITUDES: Final = (0.1, 1.0, 10.0, 100.0)
"""The scales of numbers of which nothing is known."""
DAYS: Final = (3_650.0, 21_900.0)
"""From 1980 to 2029, in days since 1970."""
TEXTS: Final = ("a", "some text", "another text", "1", "x" * 20)


def made_rows(signature: Signature, known: Known, example: pd.DataFrame | None, seed: int) -> Columns:
    """At least `ROWS` rows without nulls; those of an input example come first, if the signature takes them."""
    rng = np.random.default_rng(seed)
    matrix = np.empty((ROWS, len(signature.features)))
    unseen: dict[tuple[int, int], str] = {}
    texts: dict[int, list[str | None]] = {}
    for place, feature in enumerate(signature.features):
        if feature.type is FeatureType.STRING:
            texts[place], matrix[:, place] = [_text(feature, row) for row in range(ROWS)], np.nan
            continue
        matrix[:, place] = _values(feature, known.get(feature.name, NOTHING), rng)
        if feature.type is FeatureType.CATEGORY and not feature.vocabulary:
            unseen |= {(row, place): UNSEEN_CATEGORY for row in range(ROWS)}
    made = Columns(matrix, unseen, texts)
    given = None if example is None else _taken(example, signature)
    return made if given is None else Columns.concatenate([given, made])


def _taken(example: pd.DataFrame, signature: Signature) -> Columns | None:
    try:
        return from_frame(example, signature)
    except (KeyError, TypeError, ValueError):
        return None


def _values(feature: Feature, column: KnownColumn, rng: np.random.Generator) -> FloatArray:
    match feature.type:
        case FeatureType.CATEGORY:
            codes = len(feature.vocabulary)
            return rng.integers(codes, size=ROWS).astype(np.float64) if codes else np.full(ROWS, -1.0)
        case FeatureType.BOOLEAN:
            return rng.integers(2, size=ROWS).astype(np.float64)
        case FeatureType.DATE:
            return np.floor(rng.uniform(*DAYS, size=ROWS))
        case FeatureType.DATETIME:
            return np.floor(rng.uniform(*DAYS, size=ROWS) * SECONDS_PER_DAY)
        case _:
            return _numbers(feature, column, rng)


def _numbers(feature: Feature, column: KnownColumn, rng: np.random.Generator) -> FloatArray:
    listed: Any = feature.constraints.enumeration or [
        value for value in column.categories if not isinstance(value, str)
    ]
    if listed:
        return rng.choice(np.asarray(listed, dtype=np.float64), ROWS)
    low, high = _ends(feature, column.range)
    if math.isinf(low) and math.isinf(high):
        values = rng.normal(size=ROWS) * rng.choice(MAGNITUDES, ROWS)
    elif math.isinf(low) or math.isinf(high):
        beyond = np.abs(rng.normal(size=ROWS)) * rng.choice(MAGNITUDES, ROWS)
        values = high - beyond if math.isinf(low) else low + beyond
    else:
        values = rng.uniform(low, high, ROWS)
    step = feature.constraints.multiple_of or (1.0 if feature.type is FeatureType.INTEGER else None)
    return values if step is None else _inside(np.round(values / step) * step, step, low, high)


def _inside(values: FloatArray, step: float, low: float, high: float) -> FloatArray:
    """Rounded values that left the range by rounding, moved back by a step."""
    moved: FloatArray = np.where(values < low, values + step, np.where(values > high, values - step, values))
    return moved


def _ends(feature: Feature, known: Range | None) -> Range:
    """The declared bounds; where the model saw numbers in between, their range."""
    declared = feature.constraints
    low = max((end for end in (declared.minimum, declared.exclusive_minimum) if end is not None), default=-math.inf)
    high = min((end for end in (declared.maximum, declared.exclusive_maximum) if end is not None), default=math.inf)
    if known is not None and feature.type in NUMERIC and low < known[1] and known[0] < high:
        return max(low, known[0]), min(high, known[1])
    return low, high


def _text(feature: Feature, row: int) -> str:
    text = TEXTS[row % len(TEXTS)]
    least, most = feature.constraints.min_length or 0, feature.constraints.max_length
    return (text + " " * max(0, least - len(text)))[:most]
