"""Times of day, which Parquet, Excel and databases have as objects."""

from __future__ import annotations

import datetime
from typing import Any

import pandas as pd
from pandas.api import types as dtypes


def times_as_texts(values: pd.Series[Any]) -> pd.Series[Any]:
    """A column of times as the texts that programs write to JSON, `13:05:00`; any other column as it is."""
    if not _are_times(values):
        return values
    return values.astype(object).map(datetime.time.isoformat, na_action="ignore")


def _are_times(values: pd.Series[Any]) -> bool:
    if isinstance(values.dtype, pd.ArrowDtype):
        return values.dtype.type is datetime.time
    return values.dtype == object and dtypes.infer_dtype(values, skipna=True) == "time"
