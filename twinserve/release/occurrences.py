"""How often values occurred in training rows, told so that no row shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.signature import Columns, FeatureType, Signature
from twinserve.signature.signature import ORDERED
from twinserve.store.examples import LEAST, MOST_BINS, CategoryCounts, Histogram

MOST_FIELDS: Final = 2_000
"""Fields that are counted; no form shows more."""
TAILS: Final = (0.02, 0.98)
"""The quantiles beyond which the outermost bins reach, as few rows may lie far away."""


NARROW: Final = 1e-300
WIDE: Final = 1e300
"""Half of a range that can be divided into bins."""


def histograms(columns: Columns, signature: Signature) -> Mapping[str, Histogram]:
    """Of each field with an order, by its pointer; none where too few rows have a value, or all have the same."""
    found = (
        (feature.pointer, _histogram(columns.matrix[:, place]))
        for place, feature in enumerate(signature.features[:MOST_FIELDS])
        if feature.type in ORDERED
    )
    return {pointer: histogram for pointer, histogram in found if histogram is not None}


def _histogram(values: FloatArray) -> Histogram | None:
    known = values[np.isfinite(values)]
    if len(known) < LEAST or not NARROW < float(known.max()) / 2 - float(known.min()) / 2 < WIDE:
        return None
    edges = _edges(known)
    counts, _ = np.histogram(known, edges)
    kept, merged = _merged(edges.tolist(), counts.tolist())
    if any(low >= high for low, high in pairwise(kept)) or not np.isfinite(kept).all():
        return None
    return Histogram(edges=tuple(kept), counts=tuple(merged))


def _edges(known: FloatArray) -> FloatArray:
    """At most `MOST_BINS` bins: of whole numbers where all are, else of equal width but for the outermost."""
    least, greatest = float(known.min()), float(known.max())
    low, high = (float(end) for end in np.quantile(known, TAILS))
    if bool((known == np.floor(known)).all()) and greatest < 2**53 and least > -(2**53):
        low, high = np.floor(low), np.ceil(high)
        step = max(1.0, np.ceil((high - low + 1) / (MOST_BINS - 2)))
        inner = np.arange(low - 0.5, high + 0.5 + step, step)
        outer = [end for end in (least - 0.5, greatest + 0.5) if not inner[0] <= end <= inner[-1]]
        return np.sort(np.concatenate([inner, outer]))
    width = (high - low) / (MOST_BINS - 2)
    low = least if low - least < width else low  # A narrow outermost bin would stand out.
    high = greatest if greatest - high < width else high
    if low == high:
        low, high = least, greatest
    return np.unique(np.concatenate([[least], np.linspace(low, high, MOST_BINS - 1), [greatest]]))


def _merged(edges: list[float], counts: list[int]) -> tuple[list[float], list[int]]:
    """The bins with those of fewer than `LEAST` rows joined to their neighbours."""
    kept, merged, held = [edges[0]], [], 0
    for edge, count in zip(edges[1:], counts, strict=True):
        held += count
        if held >= LEAST:
            kept.append(edge)
            merged.append(held)
            held = 0
    if held:
        merged[-1] += held
        kept[-1] = edges[-1]
    return kept, merged


def categories(columns: Columns, signature: Signature) -> Mapping[str, CategoryCounts]:
    """Of each categorical field, by its pointer; none where too few rows have a value."""
    found = (
        (feature.pointer, _counts(Counter(_texts(columns, place, feature.vocabulary))))
        for place, feature in enumerate(signature.features[:MOST_FIELDS])
        if feature.type is FeatureType.CATEGORY
    )
    return {pointer: counts for pointer, counts in found if counts is not None}


def _texts(columns: Columns, place: int, vocabulary: tuple[str, ...]) -> list[str]:
    codes = columns.matrix[:, place]
    return [vocabulary[int(code)] for code in codes[codes >= 0].tolist()]  # Neither null nor outside the vocabulary.


def _counts(counted: Counter[str]) -> CategoryCounts | None:
    """The rest is of as many rows, too, or there is none: its number would tell of a single category."""
    ranked = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    listed = [pair for pair in ranked if pair[1] >= LEAST]
    others = sum(counted.values()) - sum(count for _, count in listed)
    while listed and 0 < others < LEAST:
        others += listed.pop()[1]
    return CategoryCounts(counts=dict(listed), others=others) if listed else None
