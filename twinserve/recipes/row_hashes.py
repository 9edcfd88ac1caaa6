"""A hash of each row's content, by which rows are divided, and known again in another table.

It is the same whatever the types of the columns and their order: the text `2`, the integer 2 and the number 2.0 are one
content, so are a date and its midnight; a null adds nothing. Columns are hashed as a whole, so that a million rows take
a second or two."""

from __future__ import annotations

import decimal
import hashlib
import math
import numbers
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types as dtypes

from twinserve.signature.frames import seconds_of, text_of

Hashes = NDArray[np.uint64]
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NUMBER: Final = re.compile(r"[+-]?(0|[1-9]\d*)?(\.\d*)?([eE][+-]?\d+)?")
"""Without leading zeros: `007` is a code."""
INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}.*)?")
BOOLEANS: Final = {"true": 1.0, "false": 0.0}


def row_hashes(frame: pd.DataFrame) -> Hashes:
    """A hash of each row, `[n]`, over all columns of the frame; equal rows have equal ones."""
    total = np.zeros(len(frame), dtype=np.uint64)
    for place, name in enumerate(frame.columns):
        total += _cells(str(name), frame.iloc[:, place])  # A sum knows no order.
    return mixed(total)


def mixed(values: Hashes) -> Hashes:
    """Each number scattered over all of 64 bits (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    scattered: Hashes = values ^ (values >> np.uint64(31))
    return scattered


def _cells(name: str, values: pd.Series[Any]) -> Hashes:
    """The hash of each cell of a column, 0 for a null."""
    if dtypes.is_bool_dtype(values.dtype) or dtypes.is_numeric_dtype(values.dtype):
        return _of_numbers(name, values.to_numpy(dtype=np.float64, na_value=np.nan))
    if dtypes.is_datetime64_any_dtype(values.dtype):
        return _of_numbers(name, seconds_of(values))
    plain = values.astype(object)
    try:
        codes, distinct = pd.factorize(plain)
    except TypeError:  # A list has no hash of Python's.
        codes, distinct = pd.factorize(plain.map(repr))
    contents = [_content(value) for value in distinct]
    hashes = _of_numbers(name, np.array([value if isinstance(value, float) else np.nan for value in contents]))
    for place, content in enumerate(contents):
        if isinstance(content, str):
            hashes[place] = _digest(f"{name}\0{content}")
    return np.append(hashes, np.uint64(0))[codes]  # The code of a null is -1.


def _of_numbers(name: str, values: NDArray[np.float64]) -> Hashes:
    bits = (np.asarray(values, dtype=np.float64) + 0.0).view(np.uint64)  # No -0.
    return np.where(np.isfinite(values), mixed(mixed(bits) + np.uint64(_digest(name))), np.uint64(0))


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest(), "big")


def _content(value: Any) -> float | str | None:
    """A cell as a number, a text or null."""
    if isinstance(value, str):
        return _of_text(text_of(value))
    if isinstance(value, (bool, np.bool_, numbers.Real, decimal.Decimal)):
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None
    if isinstance(value, pd.Period):
        value = value.start_time
    if isinstance(value, date):
        return _seconds(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return text_of(value)


def _of_text(text: str) -> float | str | None:
    if NUMBER.fullmatch(text) and any(map(str.isdigit, text)):
        try:
            number = float(text)
        except ValueError:
            return text
        return number if math.isfinite(number) else None
    if INSTANT.fullmatch(text):
        try:
            return _seconds(datetime.fromisoformat(text.upper()))
        except ValueError:
            return text
    return BOOLEANS.get(text.casefold(), text or None)


def _seconds(value: date) -> float:
    """Seconds since 1970, of a date those of its midnight; without a time zone in UTC."""
    instant = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return (instant - EPOCH).total_seconds()
