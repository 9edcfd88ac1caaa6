"""Rows made to find a difference: nulls, unseen categories, extremes, ends of months and years, and both sides of every
split of every tree.

The rows start from real ones, so that the other features stay ordinary while one goes to its edge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np

from twinserve.compile.blocks import LARGEST
from twinserve.compile.limits import LARGEST_SINGLE
from twinserve.proof.threshold_search import Change
from twinserve.signature import Columns, Feature, FeatureType, Signature
from twinserve.signature.columns import UNSEEN_CATEGORY
from twinserve.signature.signature import NUMERIC, TEMPORAL

REAL_ROWS: Final = 200
ROWS_PER_FEATURE: Final = 20
MOST_WORDS: Final = 100
# The greatest number that rounds to one of float32, and the least that does not.
SINGLE: Final = (LARGEST_SINGLE, math.nextafter(LARGEST_SINGLE, math.inf))
# Zero, signs, what is 0 without its fraction, what float32 rounds away, holds at most and cannot hold; the largest.
EXTREMES: Final = (
    0.0, -0.0, 1.0, -1.0, -0.5, 1 + 1e-12, 16_777_217.0, 1e-310, 3.4e38, -3.4e38,
    SINGLE[0], -SINGLE[0], SINGLE[1], -SINGLE[1], 1e300, LARGEST, -LARGEST,
)  # fmt: skip
ENDS: Final = 4
DAYS: Final = (
    "0001-01-01", "1582-10-15", "1899-12-31", "1900-02-28", "1900-03-01", "1969-12-31", "1970-01-01", "1999-12-31",
    "2000-02-29", "2000-03-01", "2023-02-28", "2024-02-29", "2024-12-30", "2024-12-31", "2025-01-01", "9998-12-31",
)  # fmt: skip
SECONDS: Final = (0.0, 0.000001, 59.999999, 60.0, 3_599.999999, 3_600.0, 86_399.0, 86_399.999999)
EPOCH: Final = date(1970, 1, 1).toordinal()


def probes(
    columns: Columns, signature: Signature, changes: Sequence[Change], seed: int, words: Sequence[str] = ()
) -> list[Columns]:
    """Groups of made rows, by kind; `columns` are real rows to start from, `changes` what brings them to splits,
    `words` the texts that the pipeline knows of itself, be they in a vocabulary or not."""
    chance = np.random.default_rng(seed)
    real = columns.take(chance.permutation(len(columns))[:REAL_ROWS].tolist())
    made = [
        _nulls(real, signature),
        _strangers(real, signature, words),
        _extremes(real, signature),
        _turns_of_time(real, signature),
        _jitter(real, signature, chance),
        _varied(columns, changes),
    ]
    return [group for group in made if group is not None]


def _varied(real: Columns, changes: Sequence[tuple[int, int, float | str]]) -> Columns | None:
    """A row for each change: the real row with another value in one of its columns; a string is an unseen category."""
    if not changes:
        return None
    rows = real.take([row for row, _, _ in changes])
    return rows.with_cells({(new, place): value for new, (_, place, value) in enumerate(changes)})


def _some_rows(real: Columns) -> range:
    return range(min(ROWS_PER_FEATURE, len(real)))


def _nulls(real: Columns, signature: Signature) -> Columns | None:
    places = [
        place
        for place, feature in enumerate(signature.features)
        if feature.nullable and feature.type is not FeatureType.STRING
    ]
    rows = _varied(real, [(row, place, np.nan) for place in places for row in _some_rows(real)])
    if rows is None:
        return None
    last = len(rows) - 1
    return rows.with_cells({(last, place): np.nan for place in places})  # In the last row all of them at once.


def _strangers(real: Columns, signature: Signature, words: Sequence[str]) -> Columns | None:
    """A text that nobody knows in many rows, each that the pipeline knows and the vocabulary lacks in one."""
    changes: list[tuple[int, int, str]] = []
    for place, feature in enumerate(signature.features):
        if feature.type is FeatureType.CATEGORY:
            lacking = [word for word in words if word not in feature.vocabulary][:MOST_WORDS]
            changes += [(row, place, UNSEEN_CATEGORY) for row in _some_rows(real)]
            changes += [(row % len(real), place, word) for row, word in enumerate(lacking)]
    return _varied(real, changes)


def _extremes(real: Columns, signature: Signature) -> Columns | None:
    """One value after the other, each in every feature: so the rows that are too large for a pipeline stand together,
    and the others need few calls of it."""
    values = {
        place: (*EXTREMES, *_ends(feature))
        for place, feature in enumerate(signature.features)
        if feature.type in NUMERIC
    }
    changes = [(row, place, values[place][row]) for row in range(len(EXTREMES) + ENDS) for place in values]
    return _varied(real, [(row % len(real), place, value) for row, place, value in changes])


def _ends(feature: Feature) -> tuple[float, ...]:
    """What training saw at most and at least, and the next whole numbers beyond."""
    low, high = feature.seen.minimum or 0.0, feature.seen.maximum or 0.0
    return low, high, low - 1.0, high + 1.0


def _turns_of_time(real: Columns, signature: Signature) -> Columns | None:
    """Dates and datetimes where a day, a month, a year, a leap year or the calendar itself begins and ends."""
    days = np.array([date.fromisoformat(day).toordinal() for day in DAYS]) - EPOCH
    values = {
        FeatureType.DATE: days.astype(np.float64),
        FeatureType.DATETIME: np.concatenate([days * 86_400.0 + second for second in SECONDS]),
    }
    changes = [
        (row, place, value)
        for place, feature in enumerate(signature.features)
        if feature.type in TEMPORAL
        for row, value in enumerate(values[feature.type].tolist())
    ]
    return _varied(real, [(row % len(real), place, value) for row, place, value in changes])


def _jitter(real: Columns, signature: Signature, chance: np.random.Generator) -> Columns:
    """Real rows moved by less than float32 can tell."""
    moved = real[:]
    places = [place for place, feature in enumerate(signature.features) if feature.type in NUMERIC]
    moved.matrix[:, places] *= 1 + chance.uniform(-1e-9, 1e-9, size=(len(moved), len(places)))
    return moved
