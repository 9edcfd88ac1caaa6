"""A column of Arrow as the doubles that predictors take. Whatever is not plainly valid is left to the validator.

A doubtful cell costs time and changes nothing: its row is validated as the instance that it stands for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from pydantic_core import SchemaValidator, ValidationError

from twinserve.arrays import EXACT, BoolArray, FloatArray
from twinserve.bulk.arrow_buffers import nulls_of, values_in
from twinserve.bulk.arrow_cells import cells_of, in_utc, without_nanoseconds
from twinserve.bulk.reading.plain_values import as_json
from twinserve.signature import Feature, FeatureType
from twinserve.signature.columns import UNSEEN
from twinserve.signature.request.core_schema import schema
from twinserve.signature.request.python_values import is_text
from twinserve.signature.signature import NUMERIC, TEMPORAL, TEXTUAL

MICROS: Final = 1_000_000
DAY: Final = 86_400
MICROS_OF: Final = {"s": MICROS, "ms": 1_000, "us": 1}
"""Microseconds in a unit of Arrow's."""
KEPT: Final = 100_000
"""Values whose reading is kept for each column."""
DOUBT: Final = object()
"""Stands for a value that the validator must look at."""


class Read(NamedTuple):
    """A column of n rows."""

    numbers: FloatArray | None
    """`[n]`, as `Columns.matrix` has them; None: NaN."""
    doubt: BoolArray | None = None
    """`[n]`: the cells that the validator must look at; None: none."""
    texts: Sequence[str | None] | None = None
    """Of a feature of strings."""
    unseen: Sequence[tuple[int, str]] = ()
    """The categories outside the vocabulary, by row."""


def fits(kind: pa.DataType, feature: Feature) -> bool:
    """May a column of this type hold values of the feature? Text in place of a number may not: JSON's `"1"` is none."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_null(kind):
        return True
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    is_time = pa.types.is_date(kind) or pa.types.is_timestamp(kind)
    if feature.notation is not None:
        return bool(is_text or is_number or is_time or pa.types.is_boolean(kind))
    if feature.type in NUMERIC:
        return bool(is_number)
    if feature.type is FeatureType.BOOLEAN:
        return bool(pa.types.is_boolean(kind))
    return bool(is_text or (feature.type in TEMPORAL and (is_number or is_time)))


def values_of(column: pa.Array) -> list[Any]:
    """The cells of a column of a feature: what Python has no value for is a text, which the validator refuses."""
    return cells_of(in_utc(column))


class ColumnReader:
    """Reads the columns of one feature; made once for a version, as it keeps what it read of texts."""

    def __init__(self, feature: Feature, *, reject: bool, value: Callable[[Any], Any] | None = None) -> None:
        """`value` reads a cell as JSON has it."""
        self.feature = feature
        self._cell = value or (lambda cell: as_json(cell, feature))
        self._rules = SchemaValidator(schema({"x": feature}, reject=reject))
        self._codes = {text: float(code) for code, text in enumerate(feature.vocabulary)}
        self._kept: dict[Any, Any] = {}
        limits = feature.constraints
        self.is_plain = feature.notation is None and limits.multiple_of is None
        self._is_free = feature.type is FeatureType.STRING and self.is_plain and limits == type(limits)()
        self._allowed = np.array(limits.enumeration or (), dtype=np.float64) if feature.type in NUMERIC else None

    def __call__(self, column: pa.Array) -> Read:
        """The values of a column whose type fits."""
        kind, feature = column.type, self.feature
        if self._is_free and not pa.types.is_null(kind):
            texts = column.to_pylist()
            return Read(None, self._no_nulls(column), texts)
        if self.is_plain and feature.type not in TEXTUAL:
            if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
                if feature.type not in TEMPORAL:
                    return Read(numbers_of(column), None)
            elif pa.types.is_date(kind) or pa.types.is_timestamp(kind):
                return self._instants(column)
        return self._by_value(column)

    def odd(self, numbers: FloatArray) -> BoolArray | None:
        """`[n]`: the numbers that are not in the enumeration, or are no integers; None: none can be."""
        if self._allowed is None or not self.is_plain:
            return None
        if len(self._allowed):
            return ~(np.isin(numbers, self._allowed) | np.isnan(numbers))
        if self.feature.type is not FeatureType.INTEGER:
            return None
        odd: BoolArray = (np.floor(numbers) != numbers) & ~np.isnan(numbers)
        return odd

    def _no_nulls(self, column: pa.Array) -> BoolArray | None:
        return None if self.feature.nullable or not column.null_count else nulls_of(column)

    def _instants(self, column: pa.Array) -> Read:
        """Days or seconds, exactly as the validator reads the text of the same instant."""
        column = without_nanoseconds(column)
        kind = column.type
        per_unit = _micros_of(kind)
        units = values_in(column.view(pa.int32() if pa.types.is_date32(kind) else pa.int64())).astype(np.int64)
        nulls = nulls_of(column)
        units[nulls] = 0
        most = EXACT // per_unit
        doubt: BoolArray = (units > most) | (units < -most)
        micros = np.where(doubt, 0, units) * per_unit
        if self.feature.type is FeatureType.DATE:
            days, rest = np.divmod(micros, DAY * MICROS)
            doubt |= rest != 0
            numbers = days.astype(np.float64)
        else:
            numbers = micros / 1e6
        numbers[nulls] = np.nan
        return Read(numbers, doubt if doubt.any() else None)

    def _by_value(self, column: pa.Array) -> Read:
        """Each distinct value is read once."""
        if pa.types.is_dictionary(column.type) and len(column.dictionary) > len(column):
            column = column.dictionary_decode()  # Most of it is not there: it may be that of many small batches.
        held = column if pa.types.is_dictionary(column.type) else column.dictionary_encode(null_encoding="mask")
        distinct = [self._value(self._cell(value)) for value in values_of(held.dictionary)]
        codes = values_in(held.indices).astype(np.int64)
        codes[nulls_of(held.indices)] = len(distinct)
        distinct.append(math.nan if self.feature.nullable else DOUBT)
        doubtful = np.array([value is DOUBT for value in distinct])
        doubt = doubtful[codes] if doubtful.any() else None
        if self.feature.type is FeatureType.STRING:
            texts = [None if value is DOUBT or isinstance(value, float) else value for value in distinct]
            return Read(None, doubt, [texts[code] for code in codes.tolist()])
        table = np.array([UNSEEN if isinstance(value, str) or value is DOUBT else value for value in distinct])
        strange = np.array([isinstance(value, str) for value in distinct])
        rows = np.flatnonzero(strange[codes]).tolist() if strange.any() else ()
        return Read(table[codes], doubt, None, [(row, distinct[codes[row]]) for row in rows])

    def _value(self, value: Any) -> Any:
        """What a column holds for a value: a double, or a text that is none; `DOUBT` where it is not valid."""
        key = value if type(value) is str else repr(value)  # 0.0 equals -0.0, and True 1.
        if key not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[key] = self._read(value)
        return self._kept[key]

    def _read(self, value: Any) -> Any:
        if isinstance(value, str) and not value.isascii() and not is_text(value):
            return DOUBT
        if isinstance(value, float) and not math.isfinite(value):
            return DOUBT
        try:
            read = self._rules.validate_python({"x": value})["x"]
        except ValidationError:
            return DOUBT
        if read is None:
            return math.nan
        if self.feature.type in TEXTUAL:
            return read if self.feature.type is FeatureType.STRING else self._codes.get(read, read)
        return float(read)


def numbers_of(column: pa.Array) -> FloatArray:
    """The doubles of a column of numbers or booleans, NaN for null."""
    numbers: FloatArray = values_in(column).astype(np.float64, copy=False)
    return np.where(nulls_of(column), np.nan, numbers) if column.null_count else numbers


def _micros_of(kind: pa.DataType) -> int:
    """Microseconds in the unit of a type of dates or instants."""
    if pa.types.is_date32(kind):
        return DAY * MICROS
    return MICROS_OF["ms" if pa.types.is_date64(kind) else kind.unit]
