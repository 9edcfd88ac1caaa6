"""Columns that count the rows, whatever their names."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import numpy as np
import pandas as pd
from pandas.api import types as dtypes

FEWEST: Final = 20
"""In fewer rows a column may count by chance."""


def row_numbers(frame: pd.DataFrame) -> Collection[str]:
    """The columns that hold 0, 1, ... or 1, 2, ... in this order."""
    if len(frame) < FEWEST:
        return ()
    return [str(name) for place, name in enumerate(frame.columns) if _counts(frame.iloc[:, place])]


def _counts(values: pd.Series[Any]) -> bool:
    if not dtypes.is_integer_dtype(values.dtype) or values.isna().any():
        return False
    numbers = values.to_numpy(dtype=np.float64)
    return bool(numbers[0] in (0, 1) and np.array_equal(numbers, np.arange(len(numbers)) + numbers[0]))
