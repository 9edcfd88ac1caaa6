"""Inferring the type of a feature from all values of a column, and converting these values to one dtype.

The dtypes are those that `from_frame` takes: float64 for numbers, integers and booleans, datetime64 in UTC for dates,
str objects for everything else; null is NaN, NaT or None.
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from pandas.api import types as dtypes

from twinserve.notations.reader import text_of_value
from twinserve.signature.frames import text_of
from twinserve.signature.signature import FeatureType

MOST_CATEGORIES: Final = 1_000
"""A text column with more distinct values than this is free text or an identifier."""
ROWS_PER_CATEGORY: Final = 3
"""A text column is a category if each value occurs this often on average, or if it has at most `FEW` values."""
FEW: Final = 20
FIRST_YEAR, LAST_YEAR = 1, 9999
NUMBERS: Final = frozenset((int, float, decimal.Decimal, np.int64, np.float64))
"""The types of numbers that one column of objects may mix."""

DATE: Final = r"\d{4}-\d{2}-\d{2}"
INSTANT: Final = DATE + r"([Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?)?"
SLASHED_DATE: Final = r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}( .*)?"


class NotAFeature(Exception):
    """A column cannot be a feature; the message says what it holds."""


@dataclass(frozen=True)
class Column:
    """The inferred type of a column, and its values in the dtype for that type."""

    type: FeatureType
    values: pd.Series[Any]
    remark: str | None = None
    """A remark on the inference for the person who trains, if there is one."""


def interpret(values: pd.Series[Any], *, recognise: bool) -> Column:
    """The type and the converted values of one column; raises `NotAFeature`.

    `recognise` reads dates and booleans (`true`, `false`) from texts; without it the dtype alone decides.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        return _categories(values)
    if dtypes.is_bool_dtype(values.dtype):
        return Column(FeatureType.BOOLEAN, _floats(values))
    if dtypes.is_integer_dtype(values.dtype):
        return number_column(values, FeatureType.INTEGER)
    if dtypes.is_float_dtype(values.dtype):
        return number_column(values, FeatureType.NUMBER)
    if dtypes.is_datetime64_any_dtype(values.dtype):
        return instant_column(values)
    if holds_durations(values):
        return _durations(values.astype("timedelta64[us]"))
    if isinstance(values.dtype, pd.PeriodDtype):
        return instant_column(values.dt.to_timestamp())
    return _objects(values, recognise=recognise)


def _categories(values: pd.Series[Any]) -> Column:
    """A column of a categorical dtype; categories that are numbers become texts."""
    return Column(FeatureType.CATEGORY, plain_texts(values))


def plain_text(value: Any) -> str:
    """The text of a label or a category: `true` and `1`, not `True` and `1.0`."""
    return text_of(text_of_value(value.item() if isinstance(value, np.generic) else value))


def plain_texts(values: pd.Series[Any]) -> pd.Series[Any]:
    """The text of each value, None for null."""
    texts = [None if pd.isna(value) else plain_text(value) for value in values.tolist()]
    return pd.Series(texts, index=values.index, dtype=object)


def holds_durations(values: pd.Series[Any]) -> bool:
    """Is this a column of durations, by its dtype or by its objects?"""
    return values.dtype.kind == "m" or (
        values.dtype == object and dtypes.infer_dtype(values, skipna=True) == "timedelta"
    )


def _objects(values: pd.Series[Any], *, recognise: bool) -> Column:
    """A column of Python objects or of texts."""
    kind = dtypes.infer_dtype(values, skipna=True)
    readers: dict[str, Callable[[], Column]] = {
        "boolean": lambda: Column(FeatureType.BOOLEAN, _floats(values)),
        "integer": lambda: number_column(values, FeatureType.INTEGER),
        "floating": lambda: number_column(values, FeatureType.NUMBER),
        "mixed-integer-float": lambda: number_column(values, FeatureType.NUMBER),
        "decimal": lambda: number_column(values, FeatureType.NUMBER),
        "date": lambda: instant_column(_parsed(values)),
        "datetime": lambda: instant_column(_parsed(values)),
        "datetime64": lambda: instant_column(_parsed(values)),
        "string": lambda: _texts(values, recognise=recognise),
        "empty": lambda: Column(FeatureType.NUMBER, _floats(values)),
    }
    if kind in readers:
        return readers[kind]()
    kinds = {type(value) for value in values.dropna().tolist()}
    if kinds <= NUMBERS:
        return number_column(values, FeatureType.NUMBER)
    if kinds <= NUMBERS | {str, bool, np.bool_}:
        return replace(_texts(plain_texts(values), recognise=False), remark="mixes numbers and texts, read as texts")
    names = {"list" if kind is np.ndarray else kind.__name__ for kind in kinds}  # Parquet's lists are arrays here.
    raise NotAFeature(f"holds {', '.join(sorted(names))} values")


def _texts(values: pd.Series[Any], *, recognise: bool) -> Column:
    texts = values.astype(object).where(values.notna(), None)
    present = texts.dropna()
    distinct = pd.Series(present.unique(), dtype=object)
    if recognise and len(distinct):
        if set(distinct.str.casefold()) <= {"true", "false"}:
            return Column(FeatureType.BOOLEAN, texts.str.casefold().map({"true": 1.0, "false": 0.0}))
        if distinct.str.fullmatch(INSTANT).all() and (instants := _parsed_text(texts)) is not None:
            return instant_column(instants, only_dates=bool(distinct.str.fullmatch(DATE).all()))
    few = len(distinct) <= FEW or (
        len(distinct) <= MOST_CATEGORIES and len(present) >= ROWS_PER_CATEGORY * len(distinct)
    )
    kind = FeatureType.CATEGORY if few else FeatureType.STRING
    return Column(kind, texts, _mendable(distinct, kind) if recognise and len(distinct) else None)


def _mendable(distinct: pd.Series[Any], kind: FeatureType) -> str | None:
    """A remark if these texts seem to be dates or numbers in a form that is not read."""
    if distinct.str.fullmatch(SLASHED_DATE).all():
        return "looks like dates; write them as YYYY-MM-DD to use them"
    if kind is FeatureType.CATEGORY and nearly_numbers(distinct):
        return f"is read as categories: {number_trouble(distinct)}, to have numbers"
    return None


def nearly_numbers(texts: pd.Series[Any]) -> bool:
    """Are most, but not all, of these texts numbers, a decimal comma counting as a point?

    Codes such as `007` are texts on purpose: all of them are numbers."""
    plain = pd.to_numeric(texts, errors="coerce").notna()
    pointed = pd.to_numeric(texts.str.replace(",", ".", regex=False), errors="coerce").notna()
    return bool(pointed.mean() > 0.5 and not plain.all())


def number_trouble(texts: pd.Series[Any]) -> str:
    """Why texts that are nearly numbers are none, and what to do."""
    if pd.to_numeric(texts.str.replace(",", ".", regex=False), errors="coerce").notna().all():
        return "its numbers have a decimal comma; write them with a point"
    return "its values are numbers but for some; mend those or leave them empty"


def number_column(values: pd.Series[Any], kind: FeatureType) -> Column:
    """Numbers of this type; infinite ones are null, with a remark."""
    numbers = _floats(values)
    infinite = np.isinf(numbers.to_numpy())
    if not infinite.any():
        return Column(kind, numbers)
    remark = f"holds {int(infinite.sum())} infinite or too large numbers, read as null"
    return Column(kind, numbers.mask(infinite), remark)


def _floats(values: pd.Series[Any]) -> pd.Series[Any]:
    """The values as float64, infinite if too large for a double."""
    if values.dtype != object:
        return pd.Series(values.to_numpy(dtype=np.float64, na_value=np.nan), index=values.index)
    return pd.Series([_float(value) for value in values.tolist()], index=values.index, dtype=np.float64)


def _float(value: Any) -> float:
    try:
        return float("nan") if pd.isna(value) else float(value)
    except OverflowError:
        return float("inf")


def _durations(values: pd.Series[Any]) -> Column:
    return Column(FeatureType.NUMBER, values.dt.total_seconds(), "holds durations, read as seconds")


def _parsed(values: pd.Series[Any]) -> pd.Series[Any]:
    return pd.to_datetime(values, utc=True, errors="coerce")


def _parsed_text(texts: pd.Series[Any]) -> pd.Series[Any] | None:
    """The texts as datetimes, or None if one of them is not a date of the calendar."""
    instants = pd.to_datetime(texts, utc=True, errors="coerce", format="ISO8601")
    return instants if bool((instants.notna() == texts.notna()).all()) else None


def instant_column(values: pd.Series[Any], *, only_dates: bool | None = None) -> Column:
    """Datetimes in UTC, or dates: without `only_dates` a column in which every value is a midnight holds dates."""
    utc = pd.to_datetime(values, utc=True).dt.tz_localize(None).astype("datetime64[us]")
    odd = utc.notna() & ~utc.dt.year.between(FIRST_YEAR, LAST_YEAR)
    utc = utc.mask(odd)
    if only_dates is None:
        only_dates = bool((utc.dropna() == utc.dropna().dt.normalize()).all())
    remark = f"holds {int(odd.sum())} dates beyond the year {LAST_YEAR}, read as null" if odd.any() else None
    return Column(FeatureType.DATE if only_dates else FeatureType.DATETIME, utc, remark)


IDENTIFIER: Final = re.compile(
    r"(^|[^a-z])(id|uuid|guid|key|index|idx|row|rownum|row_?number|no|nr|unnamed.*)$|^$", re.I
)


def named_like_an_id(name: str) -> bool:
    """Does a column's name end in a word for an identifier (`customer_id`, `customerId`, `Unnamed: 0`)?"""
    last = name.rsplit(".", 1)[-1]
    return bool(IDENTIFIER.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", last)))
