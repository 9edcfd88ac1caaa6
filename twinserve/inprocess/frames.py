"""DataFrames in and out: each row becomes the instance that it stands for, and meets the rules for one."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
from pandas.api import types as dtypes

from twinserve.inprocess.frame_rows import as_columns, ignored_columns, nested, require_columns
from twinserve.signature import Feature, FeatureType, Finding, Signature
from twinserve.signature.findings import render
from twinserve.signature.request.diagnosis import MAX_ERRORS, InvalidInput
from twinserve.signature.signature import NUMERIC, TEMPORAL, TEXTUAL
from twinserve.signature.sources.type_inference import holds_durations, plain_text
from twinserve.tables.clock_times import times_as_texts

Answers = Callable[[list[Any]], list[dict[str, Any]]]
"""The predictions for some instances."""
BOOLEANS: Final = {"true": True, "false": False}


def predict_frame(frame: pd.DataFrame, signature: Signature, answers: Answers, chunk: int) -> pd.DataFrame:
    """The answers as a table with the index of `frame`; asks for at most `chunk` rows at a time, at any number of rows.

    Raises `InvalidInput`: for missing and unknown columns by their pointers in an instance, else for the cells by the
    row's number, from 0, and their pointers."""
    rows = instances(frame, signature)
    left_out = [render(one) for one in ignored_columns(map(str, frame.columns), signature)]
    given: list[dict[str, Any]] = []
    findings: list[Finding] = []
    total, is_exact = 0, True
    for start in range(0, len(rows) or 1, chunk):
        try:
            given += answers(rows[start : start + chunk])
        except InvalidInput as error:
            room = MAX_ERRORS - len(findings)
            findings += [_moved(finding, start) for finding in error.findings[:room]]
            total, is_exact = total + error.total, is_exact and error.is_exact
            if len(findings) == MAX_ERRORS:
                is_exact = is_exact and start + chunk >= len(rows)
                break
    if findings:
        raise InvalidInput(findings, total, is_exact=is_exact)
    for answer in given if left_out else ():
        answer["warnings"] = [*answer["warnings"], *left_out]
    return pd.DataFrame(as_columns(given), index=frame.index)


def instances(frame: pd.DataFrame, signature: Signature) -> list[Any]:
    """The rows as instances; raises `InvalidInput` where columns are missing or unknown."""
    names = [str(name) for name in frame.columns]
    require_columns(names, signature)
    known = {feature.name: feature for feature in signature.features}
    columns = {
        known[name].path: cells(frame.iloc[:, place], known[name]) for place, name in enumerate(names) if name in known
    }
    return nested(signature.tree(), columns, len(frame))


def cells(values: pd.Series[Any], feature: Feature) -> list[Any]:
    """The cells of a column as JSON values; what training reads in a table, such as NaN as null, is read alike."""
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    if holds_durations(values):
        values = values.astype("timedelta64[us]").dt.total_seconds()
    if feature.type in NUMERIC:
        values = times_as_texts(values)
    if dtypes.is_datetime64_any_dtype(values.dtype):
        values = pd.to_datetime(values, utc=True).dt.as_unit("us")
    read = _reader(values, feature)
    return [None if missing else read(value) for value, missing in zip(values.tolist(), values.isna(), strict=True)]


def _reader(values: pd.Series[Any], feature: Feature) -> Callable[[Any], Any]:
    """A function for the cells of this column."""
    if feature.type in TEMPORAL:
        return _date if feature.type is FeatureType.DATE else _datetime
    if feature.type is FeatureType.BOOLEAN:
        return lambda value: BOOLEANS.get(value.casefold(), value) if isinstance(value, str) else _plain(value)
    if feature.type in TEXTUAL and isinstance(values.dtype, pd.CategoricalDtype):
        return plain_text
    if feature.type in TEXTUAL and values.dtype == object:
        return _text
    return _plain


def _text(value: Any) -> Any:
    """Training reads a column that mixes numbers and texts as texts, and refuses one of other objects."""
    return plain_text(value) if isinstance(value, (str, bool, int, float, decimal.Decimal, np.generic)) else value


def _date(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if not isinstance(value, datetime.date):
        return _plain(value)
    return value.isoformat()[:10] if _is_midnight(value) else _datetime(value)


def _is_midnight(value: Any) -> bool:
    if isinstance(value, pd.Timestamp):
        return bool(value == value.normalize())
    return len(value.isoformat()) == len("2024-02-29")


def _datetime(value: Any) -> Any:
    """The text of an instant; a text is read as training reads it, in any form of ISO 8601."""
    if isinstance(value, datetime.date):  # Or one of its subclasses: a datetime, a Timestamp.
        value = pd.Timestamp(value)
    elif isinstance(value, str):
        instant = pd.to_datetime(value, utc=True, errors="coerce", format="ISO8601")
        value = value if pd.isna(instant) else instant
    return value.isoformat() if isinstance(value, pd.Timestamp) else _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value.item() if isinstance(value, np.generic) else value


def _moved(finding: Finding, start: int) -> Finding:
    """The finding with the number of the row in the whole table."""
    row, *rest = finding.path or ("",)
    return Finding((row + start, *rest), finding.code, finding.detail) if isinstance(row, int) else finding
