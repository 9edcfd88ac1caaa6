"""Values that are valid and that training never saw."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from model.signature.columns import Columns
from model.signature.feature import RANGED, FeatureType, Signature
from model.signature.findings import Finding, unseen_category, unseen_range
from model.signature.instants import seen_bounds


class Novelty:
    """Finds what training never saw; made once from a signature."""

    def __init__(self, signature: Signature) -> None:
        self._features = signature.features
        ranged = [feature.seen if feature.type in RANGED else None for feature in signature.features]
        # Categories are looked up by code: what training saw may be less than the declared vocabulary.
        self._low = np.array([-math.inf if seen is None or seen.minimum is None else seen.minimum for seen in ranged])
        self._high = np.array([math.inf if seen is None or seen.maximum is None else seen.maximum for seen in ranged])
        self._categories = {
            place: frozenset(
                float(code) for code, text in enumerate(feature.vocabulary) if text in (feature.seen.categories or ())
            )
            for place, feature in enumerate(signature.features)
            if feature.type is FeatureType.CATEGORY
        }

    def find(self, columns: Columns) -> Mapping[int, list[Finding]]:
        """The findings of each row that has any, in signature order; paths are relative to the instance."""
        matrix = columns.matrix
        found: dict[int, list[tuple[int, Finding]]] = {}
        odd = (matrix < self._low) | (matrix > self._high)  # NaN (null) compares false.
        if np.count_nonzero(odd):  # `odd.any()` takes 1.5 us, this 0.2.
            for row, place in np.argwhere(odd).tolist():
                feature = self._features[place]
                finding = unseen_range(feature.path, *seen_bounds(feature))
                found.setdefault(row, []).append((place, finding))
        for place, known in self._categories.items():
            for row, code in enumerate(matrix[:, place].tolist()):
                if code not in known and not math.isnan(code):
                    finding = unseen_category(self._features[place].path)
                    found.setdefault(row, []).append((place, finding))
        return {row: [finding for _, finding in sorted(items, key=_place)] for row, items in found.items()}


def _place(item: tuple[int, Finding]) -> int:
    return item[0]
