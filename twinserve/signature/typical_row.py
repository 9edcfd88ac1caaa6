"""A typical row, composed of some rows: of each field the median or the most frequent value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.signature.columns import UNSEEN, Columns
from twinserve.signature.signature import FeatureType, Signature

FREQUENT = (FeatureType.BOOLEAN, FeatureType.CATEGORY)
"""Types of which the most frequent value is typical; of the others it is the lower median."""


def typical_row(columns: Columns, signature: Signature) -> Columns:
    """One row; as its values come from different rows, it is most likely none of them.

    A field is null where more than half of the rows are. `columns` has at least one row."""
    matrix = np.array([[_typical(columns.matrix[:, i], f.type) for i, f in enumerate(signature.features)]])
    texts: dict[int, Sequence[str | None]] = {field: [_frequent(held)] for field, held in columns.texts.items()}
    unseen = {
        (0, field): _frequent([text for (_, column), text in columns.unseen.items() if column == field]) or ""
        for field in np.flatnonzero(matrix[0] == UNSEEN).tolist()
        if signature.features[field].type is FeatureType.CATEGORY
    }
    return Columns(matrix, unseen, texts)


def _typical(values: FloatArray, kind: FeatureType) -> float:
    known = values[~np.isnan(values)]
    if 2 * len(known) < len(values) or not len(known):
        return float("nan")
    if kind in FREQUENT:
        found, counts = np.unique(known, return_counts=True)
        return float(found[counts.argmax()])
    return float(np.quantile(known, 0.5, method="lower"))


def _frequent(texts: Sequence[str | None]) -> str | None:
    ((text, _),) = Counter(texts).most_common(1)
    return text
