"""Tables one below the other, in which all rows of a column decide together what it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pandas as pd
from pandas.api import types as dtypes


def with_groups(frame: pd.DataFrame, others: Iterable[Any]) -> pd.DataFrame:
    """The table with a column of nulls for each group of it that is null in other rows, whose columns are `others`."""
    names = list(map(str, frame.columns))
    groups = [name for name in others if name not in frame and any(one.startswith(f"{name}.") for one in names)]
    return frame.assign(**dict.fromkeys(groups)) if groups else frame


def stacked(frames: Sequence[pd.DataFrame], *, typed: bool) -> pd.DataFrame:
    """The rows of tables with the same columns. Without types in the cells, numbers of one table are texts again where
    another one has texts in this column: `12` beside `NA` or `$1,200`."""
    if not typed:
        texts = set(_of_texts(frames))
        frames = [
            frame.assign(**{name: _texts(frame[name]) for name in texts if dtypes.is_numeric_dtype(frame[name].dtype)})
            for frame in frames
        ]
    return pd.concat(frames, ignore_index=True)


def _of_texts(frames: Sequence[pd.DataFrame]) -> Iterator[str]:
    for name in frames[0].columns:
        columns = [frame[name] for frame in frames]
        if any(not dtypes.is_numeric_dtype(column.dtype) and column.notna().any() for column in columns):
            yield name


def _texts(numbers: pd.Series[Any]) -> pd.Series[Any]:
    return pd.Series([None if pd.isna(value) else str(value) for value in numbers.tolist()], dtype="str")
