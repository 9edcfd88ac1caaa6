"""Instances as columns, the form that every predictor takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from model.signature.feature import Feature, FeatureType, Signature

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
UNSEEN: Final = -1.0
"""The code of a category outside the vocabulary."""
SECONDS_PER_DAY: Final = 86_400
NONE: Final[Mapping[Any, Any]] = MappingProxyType({})


class Columns:
    """n instances as columns in signature order."""

    __slots__ = ("matrix", "texts", "unseen")

    def __init__(
        self,
        matrix: FloatArray,
        unseen: Mapping[tuple[int, int], str] = NONE,
        texts: Mapping[int, Sequence[str | None]] = NONE,
    ) -> None:
        self.matrix = matrix
        """`[n, features]`: numbers as they are, booleans as 0 and 1, categories as codes of the vocabulary (-1: outside
        it), dates as days and datetimes as seconds since 1970 (UTC), strings as NaN; null is NaN."""
        self.unseen = unseen
        """The strings behind the code -1, by row and column."""
        self.texts = texts
        """The strings of the `string` features, by column."""

    def __len__(self) -> int:
        return len(self.matrix)

    def take(self, rows: Sequence[int]) -> Columns:
        """The given rows, in the given order; the same row may be given twice."""
        odd: dict[int, list[tuple[int, str]]] = {}
        for (row, column), text in self.unseen.items():
            odd.setdefault(row, []).append((column, text))
        return Columns(
            matrix=self.matrix[list(rows)],
            unseen={(new, column): text for new, row in enumerate(rows) for column, text in odd.get(row, ())},
            texts={c: [texts[row] for row in rows] for c, texts in self.texts.items()},
        )


def to_frame(columns: Columns, signature: Signature) -> pd.DataFrame:
    """The columns as the table that pipelines are fitted on and predict from: one named column for each feature,
    float64 for numbers and booleans, str objects for categories and strings, datetime64 for dates."""
    import pandas as pd  # Only training and the fallback predictor come here.

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
    """The inverse of `to_frame`: a table with the signature's column names, in any order, as columns.

    Categories need a vocabulary, so the signature must be an observed one. A value that does not fit its feature's
    type raises ValueError with the column's name."""
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


def code_table(vocabulary: Sequence[str]) -> Mapping[str | None, float]:
    """The code of each category, and of none."""
    return {None: math.nan} | {text: float(code) for code, text in enumerate(vocabulary)}


def encode(texts: Sequence[Any], codes: Mapping[str | None, float]) -> tuple[list[float], Mapping[int, str]]:
    """Categories as codes, and the strings that are outside the vocabulary by their row."""
    found = [codes.get(text, UNSEEN) for text in texts]
    if UNSEEN not in found:
        return found, NONE
    return found, {row: texts[row] for row, code in enumerate(found) if code == UNSEEN}


def column_numbers(values: pd.Series[Any], feature: Feature) -> FloatArray:
    """What a column holds of a feature that is no text; raises ValueError with its name where a value does not fit."""
    try:
        match feature.type:
            case FeatureType.DATE:
                return _seconds(values) / SECONDS_PER_DAY
            case FeatureType.DATETIME:
                return _seconds(values)
            case _:
                return values.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(f"The column {feature.name!r} holds what is no {feature.type}: {error}") from error


def _texts(values: pd.Series[Any]) -> list[str | None]:
    return [None if missing else str(value) for value, missing in zip(values, values.isna(), strict=True)]


def _seconds(values: pd.Series[Any]) -> FloatArray:
    import pandas as pd

    instants = pd.to_datetime(values, utc=True).dt.as_unit("us")
    micros = instants.dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    whole, rest = np.divmod(micros.astype("int64"), 1_000_000)  # In two parts, as together they may pass 2**53.
    return np.where(np.isnat(micros), np.nan, whole + rest / 1e6)


def _decode(
    codes: FloatArray, column: int, vocabulary: Sequence[str], unseen: Mapping[tuple[int, int], str]
) -> list[object]:
    return [
        np.nan if np.isnan(code) else vocabulary[int(code)] if code >= 0 else unseen[row, column]
        for row, code in enumerate(codes)
    ]


def _objects(values: list[object]) -> pd.Series[Any]:
    import pandas as pd

    return pd.Series(values, dtype=object)  # Of objects in any case: pandas would choose a type by the values.


def _nan_for_none(text: str | None) -> object:
    return np.nan if text is None else text


def _instants(seconds: FloatArray) -> NDArray[np.datetime64]:
    present = np.where(np.isnan(seconds), 0.0, seconds)
    whole = np.floor(present)
    micros = whole.astype("int64") * 1_000_000 + np.round((present - whole) * 1e6).astype("int64")
    instants: NDArray[np.datetime64] = micros.astype("datetime64[us]")
    instants[np.isnan(seconds)] = np.datetime64("NaT")
    return instants
