"""The weights of a table's rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from twinserve.errors import AskedWrongly
from twinserve.signature.signature import NUMERIC, TEMPORAL, TEXTUAL, FeatureType
from twinserve.signature.sources.type_inference import NotAFeature, interpret


class BadWeight(AskedWrongly):
    """A column cannot weigh rows, for the reason in the message."""


def row_weights(values: pd.Series[Any]) -> pd.Series[Any]:
    """The column as weights; raises `BadWeight` unless all are finite numbers from 0, and some are above it."""
    try:
        column = interpret(values, recognise=True)
    except NotAFeature as error:
        raise BadWeight(f"The weight {values.name!r} {error}; a weight is a number from 0.") from None
    if column.type not in NUMERIC:
        raise BadWeight(f"The weight {values.name!r} {_found(values, column.type)}; a weight is a number from 0.")
    if missing := int(column.values.isna().sum()):
        raise BadWeight(f"The weight {values.name!r} is null or infinite in {missing} rows; fill it or drop them.")
    if negative := int((column.values < 0).sum()):
        raise BadWeight(f"The weight {values.name!r} is negative in {negative} rows; a weight is a number from 0.")
    if not np.any(column.values > 0):
        raise BadWeight(f"The weight {values.name!r} is 0 in every row.")
    return column.values.rename(str(values.name))


def _found(values: pd.Series[Any], kind: FeatureType) -> str:
    """What the column holds instead, by the first value that is no number."""
    others = values.notna()
    if kind in TEXTUAL:
        others &= pd.to_numeric(values, errors="coerce").isna()
    first = values[others].tolist()[0]
    what = "texts" if kind in TEXTUAL else "dates" if kind in TEMPORAL else "booleans"
    return f"holds {what}, such as {repr(str(first)) if kind in TEXTUAL else first}"
