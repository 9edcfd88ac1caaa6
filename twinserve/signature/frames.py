"""Conversion between columns and the pandas DataFrame that pipelines are fitted on and predict from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twinserve.arrays import EXACT, FloatArray
from twinserve.signature.columns import Columns, code_table, encode
from twinserve.signature.signature import Feature, FeatureType, Signature

SECONDS_PER_DAY: Final = 86_400


def to_frame(columns: Columns, signature: Signature) -> pd.DataFrame:
    """The columns as a DataFrame with one named column for each feature: float64 for numbers and booleans, str objects
    for categories and strings, datetime64 for dates."""
    table: dict[str, object] = {}
    for index, feature in enumerate(signature.features):
        values = columns.matrix[:, index]
        match feature.type:
            case FeatureType.STRING:
                table[feature.name] = _objects([_nan_for_none(text) for text in columns.texts[index]])
            case FeatureType.CATEGORY:
                table[feature.name] = _objects(_decode(values, index, feature.vocabulary, columns.unseen))
            case FeatureType.DATE:
                table[feature.name] = _instants(values * SECONDS_PER_DAY)
            case FeatureType.DATETIME:
                table[feature.name] = _instants(values)
            case _:
                table[feature.name] = values
    return pd.DataFrame(table, copy=False)


def from_frame(frame: pd.DataFrame, signature: Signature) -> Columns:
    """The inverse of `to_frame`; the columns of `frame` may be in any order, and further ones are ignored.

    The vocabulary of a category that declares none is what training saw, so `signature` must hold that (`observed`).
    Raises ValueError with the column's name for a value of another type than the feature's."""
    matrix = np.empty((len(frame), len(signature.features)), dtype=np.float64)
    unseen: dict[tuple[int, int], str] = {}
    texts: dict[int, Sequence[str | None]] = {}
    for index, feature in enumerate(signature.features):
        values = frame[feature.name]
        match feature.type:
            case FeatureType.STRING:
                texts[index], matrix[:, index] = _texts(values), np.nan
            case FeatureType.CATEGORY:
                matrix[:, index], new = encode(_texts(values), code_table(feature.vocabulary))
                unseen |= {(row, index): text for row, text in new.items()}
            case _:
                matrix[:, index] = column_numbers(values, feature)
    return Columns(matrix, unseen, texts)


def column_numbers(values: pd.Series[Any], feature: Feature) -> FloatArray:
    """The doubles of a column that is not textual; raises ValueError with its name for a value of another type."""
    try:
        match feature.type:
            case FeatureType.DATE:
                return seconds_of(values) / SECONDS_PER_DAY
            case FeatureType.DATETIME:
                return seconds_of(values)
            case _:
                return values.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(f"The column {feature.name!r} holds what is no {feature.type}: {error}") from error


def text_of(value: Any) -> str:
    """A cell as a text; of an enumeration's member that is text its value, as JSON has it."""
    return str.__str__(value) if isinstance(value, str) else str(value)


def _texts(values: pd.Series[Any]) -> list[str | None]:
    return [None if missing else text_of(value) for value, missing in zip(values, values.isna(), strict=True)]


def seconds_of(values: pd.Series[Any]) -> FloatArray:
    """Seconds since 1970 of dates and datetimes, NaN for null; without a time zone they are in UTC."""
    instants = pd.to_datetime(values, utc=True).dt.as_unit("us")
    micros = instants.dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    counts = micros.astype("int64")
    whole, rest = np.divmod(counts, 1_000_000)  # Divided first where the microseconds exceed 2**53.
    seconds = np.where(np.abs(counts) <= EXACT, counts / 1e6, whole + rest / 1e6)
    return np.where(np.isnat(micros), np.nan, seconds)


def _decode(
    codes: FloatArray, column: int, vocabulary: Sequence[str], unseen: Mapping[tuple[int, int], str]
) -> list[object]:
    return [
        np.nan if np.isnan(code) else vocabulary[int(code)] if code >= 0 else unseen[row, column]
        for row, code in enumerate(codes)
    ]


def _objects(values: list[object]) -> pd.Series[Any]:
    return pd.Series(values, dtype=object)  # Otherwise pandas would infer a dtype from the values.


def _nan_for_none(text: str | None) -> object:
    return np.nan if text is None else text


def _instants(seconds: FloatArray) -> NDArray[np.datetime64]:
    present = np.where(np.isnan(seconds), 0.0, seconds)
    whole = np.floor(present)
    micros = whole.astype("int64") * 1_000_000 + np.round((present - whole) * 1e6).astype("int64")
    instants: NDArray[np.datetime64] = micros.astype("datetime64[us]")
    instants[np.isnan(seconds)] = np.datetime64("NaT", "us")
    return instants
