"""A transformer that turns dates into numeric features: year, month, weekday, hour and so on.

A pipeline gets dates as datetime64 columns. The compiled graph computes the same numbers
(`twinserve/compile/lowerings/calendar.py`). Calendar: proleptic Gregorian, UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from twinserve.arrays import FloatArray, IntArray

Instants = NDArray[np.datetime64]
Integers = IntArray

DATE_PARTS: Final = ("days", "year", "month", "day", "weekday", "day_of_year")
DATETIME_PARTS: Final = (*DATE_PARTS, "hour", "minute")
SECOND: Final = np.timedelta64(1, "s")


def _days(instants: Instants) -> Integers:
    return instants.astype("datetime64[D]").astype(np.int64)


def _months(instants: Instants) -> Integers:
    return instants.astype("datetime64[M]").astype(np.int64)


def _years(instants: Instants) -> Integers:
    return instants.astype("datetime64[Y]").astype(np.int64)


def _seconds(instants: Instants) -> Integers:
    """Whole seconds since midnight."""
    seconds: Integers = (instants - instants.astype("datetime64[D]")) // SECOND
    return seconds


def _day(instants: Instants) -> Integers:
    return _days(instants) - _days(instants.astype("datetime64[M]")) + 1


def _day_of_year(instants: Instants) -> Integers:
    return _days(instants) - _days(instants.astype("datetime64[Y]")) + 1


PARTS: Final[Mapping[str, Callable[[Instants], Integers]]] = {
    "days": _days,  # Since 1970-01-01.
    "year": lambda instants: _years(instants) + 1970,
    "month": lambda instants: _months(instants) % 12 + 1,
    "day": _day,
    "weekday": lambda instants: (_days(instants) + 3) % 7,  # Monday is 0; 1970-01-01 was a Thursday.
    "day_of_year": _day_of_year,  # From 1.
    "hour": lambda instants: _seconds(instants) // 3600,
    "minute": lambda instants: _seconds(instants) // 60 % 60,
    "second": lambda instants: _seconds(instants) % 60,
}


class Calendar(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no type information.
    """Turns each datetime64 column into one float64 column for each part, NaN for null.

    The first part of every column comes first, then the second part of every column. `parts` are keys of `PARTS`.
    """

    def __init__(self, parts: Sequence[str] = DATE_PARTS) -> None:
        self.parts = parts

    def fit(self, table: Any, target: Any = None) -> Self:
        """Store the names of the columns; raises ValueError for an unknown part."""
        del target
        unknown = [part for part in self.parts if part not in PARTS]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no part of a date; choose from {', '.join(PARTS)}.")
        frame = pd.DataFrame(table)
        self.n_features_in_ = frame.shape[1]
        self.feature_names_in_ = np.array([str(name) for name in frame.columns], dtype=object)
        return self

    def transform(self, table: Any) -> FloatArray:
        """The parts of all columns, `[n, parts * columns]`."""
        frame = pd.DataFrame(table)
        columns = [frame.iloc[:, place].to_numpy(dtype="datetime64[us]") for place in range(frame.shape[1])]
        return np.column_stack([_part(PARTS[part], instants) for part in self.parts for instants in columns])

    def get_feature_names_out(self, names: Any = None) -> NDArray[np.object_]:
        """The names of the output columns, `<column>.<part>`."""
        columns = self.feature_names_in_ if names is None else names
        return np.array([f"{column}.{part}" for part in self.parts for column in columns], dtype=object)


def calendar_parts(fitted: Any) -> dict[str, tuple[str, ...]]:
    """The parts that a fitted pipeline takes from each date column, by the name of the column."""
    if isinstance(fitted, Calendar):
        return {str(name): tuple(fitted.parts) for name in fitted.feature_names_in_}
    steps: Sequence[Any] = getattr(fitted, "transformers_", getattr(fitted, "steps", ()))
    return {name: parts for _, step, *_ in steps for name, parts in calendar_parts(step).items()}


def _part(read: Callable[[Instants], Integers], instants: Instants) -> FloatArray:
    missing = np.isnat(instants)
    numbers = read(np.where(missing, np.datetime64(0, "us"), instants))
    return np.where(missing, np.nan, numbers.astype(np.float64))
