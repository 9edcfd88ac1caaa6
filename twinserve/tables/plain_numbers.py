"""Columns of texts that are numbers as programs write them."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import pandas as pd

from twinserve.arrays import EXACT

NUMBER: Final = r"\s*[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|inf|infinity)\s*"
WHOLE: Final = r"\s*[+-]?\d+\s*"
LEADING_ZERO: Final = r"\s*[+-]?0\d.*"
SAMPLE: Final = 1_000


def numbers_of(texts: pd.Series[Any]) -> pd.Series[Any]:
    """The numbers if each text that is not null is one and none has a leading zero, as a code has; else the texts."""
    if not _are_numbers(texts.iloc[:SAMPLE]):  # Most columns of texts end here.
        return texts
    codes, distinct = pd.factorize(texts.to_numpy(dtype=object), use_na_sentinel=True)
    known = pd.Series(distinct, dtype=object)
    if not len(known) or not _are_numbers(known) or known.str.strip().str.startswith("+").any():
        return texts  # `+1` is read as an amount is: other programs keep it as a text, and send it.
    floats = np.array([*map(float, known.tolist()), np.nan])
    whole = known.str.fullmatch(WHOLE).all() and bool((np.abs(floats[:-1]) < EXACT).all())
    numbers = pd.Series(floats[codes], index=texts.index, name=texts.name)
    return numbers.astype("Int64") if whole else numbers


def _are_numbers(texts: pd.Series[Any]) -> bool:
    known = texts.dropna().astype(object)
    return bool(
        known.str.fullmatch(NUMBER, flags=re.I).all() and not known.str.fullmatch(LEADING_ZERO).any()
        if len(known)
        else True
    )
