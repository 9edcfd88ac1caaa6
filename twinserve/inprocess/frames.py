"""DataFrames in and out: each row becomes the instance that it stands for, and meets the rules for one."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from pandas.api import types as dtypes

from twinserve.errors import AskedWrongly
from twinserve.signature import Feature, FeatureType, Finding, Signature
from twinserve.signature.findings import EXPLANATIONS, ignored, render, unknown_key
from twinserve.signature.request.diagnosis import MAX_ERRORS, InvalidInput
from twinserve.signature.signature import NUMERIC, TEMPORAL, TEXTUAL, FeatureTree, is_array
from twinserve.signature.sources.type_inference import holds_durations, plain_text
from twinserve.tables.clock_times import times_as_texts

Answers = Callable[[list[Any]], list[dict[str, Any]]]
"""The predictions for some instances."""
NAMED: Final = ("probabilities", "labels", "values", "quantiles")
"""The members of a prediction that are objects, each of whose names is a column."""
BOOLEANS: Final = {"true": True, "false": False}


def predict_frame(frame: pd.DataFrame, signature: Signature, answers: Answers, chunk: int) -> pd.DataFrame:
    """The answers as a table with the index of `frame`; asks for at most `chunk` rows at a time, at any number of rows.

    Raises `InvalidInput`: for missing and unknown columns by their pointers in an instance, else for the cells by the
    row's number, from 0, and their pointers."""
    rows = instances(frame, signature)
    left_out = [render(one) for one in ignored_columns(frame, signature)]
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
    return pd.DataFrame(_flat(given), index=frame.index)


def instances(frame: pd.DataFrame, signature: Signature) -> list[Any]:
    """The rows as instances; raises `InvalidInput` where columns are missing or unknown."""
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise AskedWrongly(f"Two columns are named {twice[0]!r}; leave one out.")
    known = {feature.name: feature for feature in signature.features}
    code, sentence = EXPLANATIONS["missing"]
    lacking = [f for f in signature.features if f.required and f.name not in names]
    findings = [Finding(feature.path, code, sentence({})) for feature in lacking]
    findings += [unknown_key((name,)) for name in names if name not in known and name not in signature.left_out]
    if findings:
        raise InvalidInput(findings[:MAX_ERRORS], len(findings))
    columns = {
        known[name].path: cells(frame.iloc[:, place], known[name]) for place, name in enumerate(names) if name in known
    }
    return _nested(signature.tree(), columns, len(frame))


def ignored_columns(frame: pd.DataFrame, signature: Signature) -> list[Finding]:
    """A warning for each column that training left out, in the order of the training table."""
    known, names = {feature.name for feature in signature.features}, {str(name) for name in frame.columns}
    told = ((name, why) for name, why in signature.left_out.items() if name in names - known)
    return [ignored((name,), why) for name, why in told]


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


def _nested(tree: FeatureTree, columns: Mapping[Any, list[Any]], rows: int) -> list[Any]:
    """An instance for each row; a column that is not there is omitted in all of them."""
    parts = {
        part: columns.get(child.path) if isinstance(child, Feature) else _nested(child, columns, rows)
        for part, child in tree.items()
    }
    given = {part: column for part, column in parts.items() if column is not None}
    if not given:
        return [{} for _ in range(rows)]
    lines = zip(*given.values(), strict=True)
    return [list(line) for line in lines] if is_array(tree) else [dict(zip(given, line, strict=True)) for line in lines]


def _moved(finding: Finding, start: int) -> Finding:
    """The finding with the number of the row in the whole table."""
    row, *rest = finding.path or ("",)
    return Finding((row + start, *rest), finding.code, finding.detail) if isinstance(row, int) else finding


def _flat(given: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The columns of the answer."""
    columns: dict[str, list[Any]] = {}
    for name in given[0]:
        values = [answer[name] for answer in given]
        if name == "interval":
            columns |= {end: [value[end] for value in values] for end in ("low", "high")}
        elif name == "set":
            columns[name] = [value["labels"] for value in values]
        elif name in NAMED:
            columns |= _by_name(name, values)
        else:
            columns[name] = values
    return columns


def _by_name(path: str, values: list[Any]) -> dict[str, list[Any]]:
    """A column for each name of some objects, such as `probabilities.CLASS`; none where there are no objects."""
    if not isinstance(values[0], dict):
        return {} if values[0] is None else {path: values}
    columns: dict[str, list[Any]] = {}
    for name in values[0]:
        columns |= _by_name(f"{path}.{name}", [value[name] for value in values])
    return columns
