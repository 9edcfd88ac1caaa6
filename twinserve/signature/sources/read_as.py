"""A column read as a type that the person who trains names, whatever its values look like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from pandas.api import types as dtypes

from twinserve.notations.notation import Form, Notation
from twinserve.notations.reader import any_number
from twinserve.notations.times import SECONDS
from twinserve.signature.signature import NUMERIC_OR_BOOLEAN, TEMPORAL, TEXTUAL, FeatureType
from twinserve.signature.sources.given_type import GivenType
from twinserve.signature.sources.type_inference import (
    NUMBERS,
    Column,
    NotAFeature,
    holds_durations,
    instant_column,
    interpret,
    plain_texts,
)

DIGITS: Final[Mapping[int, str]] = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d"}
"""The format of a date in as many digits."""
FEWEST_MILLISECONDS: Final = 1e11
"""A number from here on counts milliseconds since 1970, as pandas writes dates to JSON; below it may be seconds."""
FEWEST_READABLE: Final = 0.5
"""Where a smaller share of the values can be read as the type, the type is a mistake."""


def read_as(values: pd.Series[Any], given: GivenType) -> Column:
    """The column as this type. Values that cannot be read are null, with a remark; raises `NotAFeature` where these are
    most of them."""
    interpret(values, recognise=False)  # Raises for what no feature can hold, such as lists.
    if values.isna().all():
        raise NotAFeature("holds no value")
    if given.type is FeatureType.DATE:
        return _dates(values, given.format)
    if given.type is FeatureType.NUMBER:
        return _numbers(values, decimal_comma=_has_commas(values, given))
    return READERS[given.type](values)


def notation_of(values: pd.Series[Any], given: GivenType | None, known: Notation | None) -> Notation | None:
    """How the values of a column are written in its table: what is `known` of it, or follows from a `given` type."""
    if given is None:
        return known or _of_objects(values)
    if given.type is FeatureType.NUMBER and holds_durations(values):
        return SECONDS
    is_text = dtypes.infer_dtype(_plain(values), skipna=True) == "string"
    nulls = () if known is None else known.nulls
    if given.type is FeatureType.NUMBER and not dtypes.is_numeric_dtype(values.dtype):
        form: Form = "any number with a decimal comma" if _has_commas(values, given) else "any number"
        return Notation(form=form, nulls=nulls)
    if given.type in TEXTUAL and not is_text:
        return Notation(form="text of a value", nulls=nulls)
    if given.format is not None and is_text:
        return Notation(form="date of a format", format=given.format, nulls=nulls)
    if given.type is FeatureType.DATE and _are_numbers(values):
        digits = given.format or _form_of_digits(values)
        return None if digits is None else Notation(form="date in digits", format=digits, nulls=nulls)
    return known


def _of_objects(values: pd.Series[Any]) -> Notation | None:
    """How programs write to JSON what a column holds that JSON has no type for."""
    if holds_durations(values):
        return SECONDS
    if isinstance(values.dtype, pd.CategoricalDtype):
        is_text = dtypes.infer_dtype(values.cat.categories) in ("string", "empty")
        return None if is_text else Notation(form="text of a value")
    plain = _plain(values)
    if plain.dtype != object or (kind := dtypes.infer_dtype(plain, skipna=True)) == "string":
        return None
    if kind in ("decimal", "mixed", "mixed-integer"):
        kinds = {type(value) for value in plain.dropna().tolist()}
        return Notation(form="amount" if kinds <= NUMBERS else "text of a value")
    return None


def _plain(values: pd.Series[Any]) -> pd.Series[Any]:
    is_of_objects = isinstance(values.dtype, (pd.CategoricalDtype, pd.ArrowDtype))
    return values.astype(object) if is_of_objects else values


def _categories(values: pd.Series[Any]) -> Column:
    return Column(FeatureType.CATEGORY, plain_texts(values))


def _free_text(values: pd.Series[Any]) -> Column:
    return Column(FeatureType.STRING, plain_texts(values))


def _has_commas(values: pd.Series[Any], given: GivenType) -> bool:
    """Are there decimal commas in this column? Without any, its points are decimal points."""
    return given.decimal_comma and any(isinstance(value, str) and "," in value for value in values.tolist())


def _numbers(values: pd.Series[Any], *, decimal_comma: bool) -> Column:
    column = interpret(values, recognise=True)
    if column.type in NUMERIC_OR_BOOLEAN:
        return Column(FeatureType.NUMBER, column.values, column.remark)
    if column.type in TEMPORAL:
        raise NotAFeature("holds dates and no numbers")
    texts = plain_texts(values).tolist()
    numbers = [None if text is None else any_number(text, decimal_comma=decimal_comma) for text in texts]
    read = pd.Series(numbers, index=values.index, dtype=np.float64)
    return Column(FeatureType.NUMBER, read, _unread(values, read, "numbers"))


def _dates(values: pd.Series[Any], form: str | None) -> Column:
    if form is None or dtypes.is_datetime64_any_dtype(values.dtype):
        column = interpret(values, recognise=True)
        if column.type in TEMPORAL:
            return column
    try:
        if form is None and _are_milliseconds(values):
            read = pd.to_datetime(pd.to_numeric(values), unit="ms", utc=True, errors="coerce")
        else:
            read = pd.to_datetime(plain_texts(values), format=form or "ISO8601", utc=True, errors="coerce")
    except ValueError as error:
        raise NotAFeature(f"cannot be read by the format {form!r} ({str(error).rstrip('.')})") from None
    remark = _unread(values, read, "dates" if form is None else f"dates of the form {form}")
    column = instant_column(read)
    return Column(column.type, column.values, "; ".join(filter(None, (remark, column.remark))) or None)


def _are_numbers(values: pd.Series[Any]) -> bool:
    return dtypes.infer_dtype(values, skipna=True) in ("integer", "floating", "mixed-integer-float")


def _are_milliseconds(values: pd.Series[Any]) -> bool:
    return _are_numbers(values) and bool((pd.to_numeric(values).abs().dropna() >= FEWEST_MILLISECONDS).all())


def _form_of_digits(values: pd.Series[Any]) -> str | None:
    """The format of numbers that are read as dates without one."""
    widths = {len(text) for text in plain_texts(values).dropna()}
    return DIGITS.get(widths.pop()) if len(widths) == 1 else None


def _unread(values: pd.Series[Any], read: pd.Series[Any], what: str) -> str | None:
    """A remark on the values that were not read; raises `NotAFeature` where these are most of them."""
    unread = values.notna() & read.isna()
    count, present = int(unread.sum()), int(values.notna().sum())
    if count > (1 - FEWEST_READABLE) * present:
        first = values[unread].tolist()[0]
        raise NotAFeature(f"holds {present - count} {what} among {present} values; {first!r} is none")
    return f"holds {count} values that are no {what}, read as null" if count else None


READERS: Final[Mapping[FeatureType, Callable[[pd.Series[Any]], Column]]] = {
    FeatureType.CATEGORY: _categories,
    FeatureType.STRING: _free_text,
}
