"""Rows made to show a difference: nulls, unseen categories, extremes, ends of months and years, and both sides of every
split of every tree.

They are copies of real rows, so that the other features stay ordinary while one has an extreme value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np

from twinserve.compile.blocks import LARGEST
from twinserve.compile.limits import LARGEST_SINGLE
from twinserve.proof.text_probes import text_probes
from twinserve.proof.threshold_search import Change
from twinserve.signature import Columns, Feature, FeatureType, Signature
from twinserve.signature.columns import UNSEEN_CATEGORY
from twinserve.signature.signature import NUMERIC, TEMPORAL, TEXTUAL

REAL_ROWS: Final = 200
ROWS_PER_FEATURE: Final = 20
MOST_KNOWN: Final = 100
# The greatest double that rounds to a finite float32, and the next one.
SINGLE: Final = (LARGEST_SINGLE, math.nextafter(LARGEST_SINGLE, math.inf))
# Zeros, signs, a fraction that truncates to 0, numbers that float32 rounds or cannot hold, the largest doubles.
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
    columns: Columns,
    signature: Signature,
    changes: Sequence[Change],
    seed: int,
    known: Sequence[str] = (),
    *,
    reads_texts: bool = False,
) -> list[Columns]:
    """Groups of made rows, by kind.

    `columns` are real rows to start from, `changes` those that cross splits, and `known` the texts that the pipeline's
    own encoders hold, whether in a vocabulary or not. `reads_texts`: whether it makes words of some text or category.
    """
    rng = np.random.default_rng(seed)
    real = columns.take(rng.permutation(len(columns))[:REAL_ROWS].tolist())
    made = [
        _nulls(real, signature),
        _unseen_categories(real, signature, known),
        _extremes(real, signature),
        _calendar_edges(real, signature),
        _texts(real, signature) if reads_texts else None,
        _jitter(real, signature, rng),
        _varied(columns, changes),
    ]
    return [group for group in made if group is not None]


def _varied(real: Columns, changes: Sequence[tuple[int, int, float | str]]) -> Columns | None:
    """A row for each change: the real row with another value in one of its columns; a string is a text or an unseen
    category."""
    if not changes:
        return None
    rows = real.take([row for row, _, _ in changes])
    return rows.with_cells({(new, place): value for new, (_, place, value) in enumerate(changes)})


def _some_rows(real: Columns) -> range:
    return range(min(ROWS_PER_FEATURE, len(real)))


def _nulls(real: Columns, signature: Signature) -> Columns | None:
    places = [place for place, feature in enumerate(signature.features) if feature.nullable]
    rows = _varied(real, [(row, place, np.nan) for place in places for row in _some_rows(real)])
    if rows is None:
        return None
    last = len(rows) - 1
    return rows.with_cells({(last, place): np.nan for place in places})  # In the last row all of them at once.


def _unseen_categories(real: Columns, signature: Signature, known: Sequence[str]) -> Columns | None:
    """A category that is in no encoder, in many rows; each text that is in an encoder and no vocabulary, in one row."""
    changes: list[tuple[int, int, str]] = []
    for place, feature in enumerate(signature.features):
        if feature.type is FeatureType.CATEGORY:
            lacking = [text for text in known if text not in feature.vocabulary][:MOST_KNOWN]
            changes += [(row, place, UNSEEN_CATEGORY) for row in _some_rows(real)]
            changes += [(row % len(real), place, text) for row, text in enumerate(lacking)]
    return _varied(real, changes)


def _extremes(real: Columns, signature: Signature) -> Columns | None:
    """Each extreme value in every feature, value by value: rows that a pipeline refuses are then side by side, and the
    others need few calls."""
    values = {
        place: (*EXTREMES, *_ends(feature))
        for place, feature in enumerate(signature.features)
        if feature.type in NUMERIC
    }
    changes = [(row, place, values[place][row]) for row in range(len(EXTREMES) + ENDS) for place in values]
    return _varied(real, [(row % len(real), place, value) for row, place, value in changes])


def _ends(feature: Feature) -> tuple[float, ...]:
    """The ends of the range that training saw, and the numbers 1 beyond."""
    low, high = feature.seen.minimum or 0.0, feature.seen.maximum or 0.0
    return low, high, low - 1.0, high + 1.0


def _calendar_edges(real: Columns, signature: Signature) -> Columns | None:
    """Dates and datetimes at the first and last moment of a day, a month, a year, a leap year and the calendar."""
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


def _texts(real: Columns, signature: Signature) -> Columns | None:
    """Texts of all kinds in each feature of which words can be made."""
    changes: list[tuple[int, int, str]] = []
    for place, feature in enumerate(signature.features):
        if feature.type in TEXTUAL:
            held = real.texts.get(place, feature.vocabulary)
            made = [text for text in text_probes(held) if text not in feature.vocabulary]
            changes += [(row % len(real), place, text) for row, text in enumerate(made)]
    return _varied(real, changes)


def _jitter(real: Columns, signature: Signature, rng: np.random.Generator) -> Columns:
    """Real rows changed by less than the precision of float32."""
    moved = real[:]
    places = [place for place, feature in enumerate(signature.features) if feature.type in NUMERIC]
    moved.matrix[:, places] *= 1 + rng.uniform(-1e-9, 1e-9, size=(len(moved), len(places)))
    return moved
