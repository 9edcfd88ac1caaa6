"""What training saw of each feature in all rows: range, quantiles and categories."""

from __future__ import annotations

from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinserve.signature.frames import column_numbers, text_of
from twinserve.signature.signature import ORDERED, Feature, FeatureType, Seen, Signature

if TYPE_CHECKING:
    import pandas as pd

DECILES: Final = np.linspace(0.0, 1.0, 11)


def observe(signature: Signature, frame: pd.DataFrame) -> Signature:
    """The signature with what training saw in a table, whose columns have the names of the features."""
    return signature.observed([_seen(feature, frame[feature.name]) for feature in signature.features])


def _seen(feature: Feature, values: pd.Series[Any]) -> Seen:
    present = values.dropna()
    null_share = 1.0 - len(present) / len(values)
    if feature.type is FeatureType.CATEGORY:
        counts = sorted(Counter(map(text_of, present)).items())
        return Seen(
            categories=tuple(category for category, _ in counts),
            most_frequent=max(counts, key=itemgetter(1))[0] if counts else None,
            null_share=null_share,
        )
    if feature.type not in ORDERED or present.empty:
        return Seen(null_share=null_share)
    numbers = column_numbers(present, feature)
    return Seen(
        minimum=float(numbers.min()),
        maximum=float(numbers.max()),
        quantiles=tuple(float(value) for value in np.quantile(numbers, DECILES)),
        null_share=null_share,
    )
