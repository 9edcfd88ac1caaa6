"""Warnings about valid values that training never saw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import gt, lt

import numpy as np

from twinserve.arrays import MANY, BoolArray, FloatArray, extent
from twinserve.signature.columns import NONE, Columns
from twinserve.signature.findings import Finding, unseen_category, unseen_range
from twinserve.signature.signature import ORDERED, Feature, FeatureType, Signature
from twinserve.signature.timestamps import seen_bounds


class Novelty:
    """Finds values that training never saw; made once from a signature."""

    def __init__(self, signature: Signature) -> None:
        self._findings = [_finding(feature) for feature in signature.features]
        bounds = np.array([_bounds(feature) for feature in signature.features], dtype=np.float64)
        self._low, self._high = np.ascontiguousarray(bounds.T)
        self._all = range(len(bounds))
        self._lows, self._highs = bounds.T.tolist()
        # Training may have seen only some of the declared categories, with gaps between their codes.
        self._gaps = {
            place: frozenset(codes)
            for place, feature in enumerate(signature.features)
            if feature.type is FeatureType.CATEGORY
            and len(codes := _seen_codes(feature)) not in (0, len(feature.vocabulary))
        }
        self._must_look_up = np.isin(self._all, [*self._gaps])

    def find(self, columns: Columns) -> Mapping[int, list[Finding]]:
        """The findings by row, in signature order, for rows that have any; paths are relative to the instance."""
        matrix = columns.matrix
        if len(matrix) == 1 and self._is_familiar(matrix.ravel().tolist()):
            return NONE
        places, unseen = self._look(columns)
        if not np.count_nonzero(unseen):  # `unseen.any()` takes 1.5 us, this 0.2.
            return NONE
        findings: dict[int, list[Finding]] = {}
        width = len(places)
        for cell in np.flatnonzero(unseen).tolist():  # In order; `argwhere` takes five times as long.
            row, at = divmod(cell, width)
            findings.setdefault(row, []).append(self._findings[places[at]])
        return findings

    def count(self, columns: Columns) -> int:
        """How many values there are findings of; takes a hundredth of the time for many."""
        return int(np.count_nonzero(self._look(columns)[1]))

    def _look(self, columns: Columns) -> tuple[Sequence[int], BoolArray]:
        """Some columns, all those with findings among them, and where in these there are some."""
        matrix, low, high = columns.matrix, self._low, self._high
        places: Sequence[int] = self._all
        if len(matrix) >= MANY:
            places = self._suspects(columns)
            matrix, low, high = matrix[:, places], low[places], high[places]
        unseen: BoolArray = (matrix < low) | (matrix > high)  # NaN (null) compares false.
        if self._gaps:
            self._look_up(matrix, places, unseen)
        return places, unseen

    def _suspects(self, columns: Columns) -> Sequence[int]:
        """The columns in which there may be findings: those with a null, or an extreme outside the bounds. To look at
        no other takes half as long for 1,000 rows of 30 columns, and a tenth where the extremes are known."""
        low, high = columns.extent or extent(columns.matrix)
        is_familiar = (low >= self._low) & (high <= self._high)
        found: list[int] = np.flatnonzero(~is_familiar | self._must_look_up).tolist()
        return found

    def _is_familiar(self, row: list[float]) -> bool:
        """Is no value of a row outside the bounds? False where there are gaps. For 30 floats this takes 1.6 us, NumPy's
        comparisons 3.5."""
        return not (self._gaps or any(map(lt, row, self._lows)) or any(map(gt, row, self._highs)))

    def _look_up(self, matrix: FloatArray, places: Sequence[int], unseen: BoolArray) -> None:
        for place, known in self._gaps.items():
            at = places.index(place)
            for row, code in enumerate(matrix[:, at].tolist()):
                if code not in known and not math.isnan(code):
                    unseen[row, at] = True


def _bounds(feature: Feature) -> tuple[float, float]:
    """The least and the greatest value of a column that training saw."""
    if feature.type is FeatureType.CATEGORY:
        codes = _seen_codes(feature)
        return (min(codes), max(codes)) if codes else (math.inf, -math.inf)
    seen = feature.seen if feature.type in ORDERED else None
    low, high = (None, None) if seen is None else (seen.minimum, seen.maximum)
    return -math.inf if low is None else low, math.inf if high is None else high


def _seen_codes(feature: Feature) -> list[float]:
    seen = feature.seen.categories or ()
    return [float(code) for code, text in enumerate(feature.vocabulary) if text in seen]


def _finding(feature: Feature) -> Finding:
    if feature.type is FeatureType.CATEGORY:
        return unseen_category(feature.path)
    return unseen_range(feature.path, *seen_bounds(feature))
