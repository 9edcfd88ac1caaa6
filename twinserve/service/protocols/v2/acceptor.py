"""Fast validation of columns with NumPy. It accepts columns or leaves them to the native rules, and rejects none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from twinserve.arrays import FloatArray, extent, extremes
from twinserve.service.protocols.v2.datatypes import Kind
from twinserve.service.protocols.v2.tensors import Given, Tensor
from twinserve.signature import Columns, Feature, FeatureType, Signature
from twinserve.signature.columns import code_table, encode
from twinserve.signature.request.negative_zero import unsign
from twinserve.signature.signature import NUMERIC, ORDERED, TEXTUAL, OutOfRange
from twinserve.signature.timestamps import days_of, seconds_of

LARGEST: Final = float(np.finfo(np.float64).max)
TIMES: Final[dict[FeatureType, Callable[[Any], float]]] = {
    FeatureType.DATE: days_of,
    FeatureType.DATETIME: seconds_of,
}


class Unsure(Exception):
    """The native rules must decide."""


class ColumnAcceptor:
    """Accepts columns of one signature; safe to share between threads."""

    def __init__(self, signature: Signature, out_of_range: OutOfRange) -> None:
        features = signature.features
        self._features = features
        bounds = np.array([_bounds(feature, out_of_range) for feature in features], dtype=np.float64)
        self._low, self._high = np.ascontiguousarray(bounds.T)
        self._must_be = np.array([not (f.nullable or f.type is FeatureType.STRING) for f in features])
        """The columns that hold no NaN. Of strings the matrix has nothing else."""
        self._integers = [place for place, f in enumerate(features) if f.type is FeatureType.INTEGER]
        self._enumerations = {p: f.constraints.enumeration for p, f in enumerate(features) if p in self._integers}
        self._is_numeric = all(feature.type in NUMERIC for feature in features)
        self._odd = frozenset(place for place, feature in enumerate(features) if _is_odd(feature))
        self._readers = [_text_reader(feature, out_of_range) for feature in features]
        """By column: from texts the values of the matrix and the categories outside the vocabulary, by their row."""

    def accept(self, tensors: Sequence[Given], rows: int) -> Columns | None:
        """The columns of these tensors, of `rows` rows each; None leaves them to the native rules."""
        if not rows or any(not self._odd.isdisjoint(given.places) for given in tensors):
            return None
        try:
            columns = self._columns(tensors, rows)
            columns.extent = self._check(columns.matrix)
        except (Unsure, ValueError):  # The latter of a text that is no date.
            return None
        unsign(columns.matrix, self._integers)
        return columns

    def _columns(self, tensors: Sequence[Given], rows: int) -> Columns:
        whole = self._whole(tensors)
        if whole is not None:
            return Columns(whole)
        matrix = np.full((rows, len(self._features)), np.nan)
        unseen: dict[tuple[int, int], str] = {}
        texts: dict[int, Sequence[str | None]] = {
            place: [None] * rows for place, feature in enumerate(self._features) if feature.type is FeatureType.STRING
        }
        for tensor, places in tensors:
            for column, place in enumerate(places):
                if tensor.numbers is not None:
                    matrix[:, place] = self._numbers(tensor, column, place)
                    continue
                given = tensor.texts[column :: tensor.columns]
                matrix[:, place], new = self._readers[place](given)
                unseen.update({(row, place): text for row, text in new.items()})
                if place in texts:
                    texts[place] = given
        return Columns(matrix, unseen, texts)

    def _whole(self, tensors: Sequence[Given]) -> FloatArray | None:
        """The matrix of a tensor that is all of it: numbers for all fields, in the order of the signature."""
        tensor, places = tensors[0]
        if places != range(len(self._features)) or not _is_numeric(tensor):
            return None
        if tensor.numbers is None or not self._is_numeric:
            return None
        return tensor.numbers.copy()  # Aligned, and it may be written.

    def _numbers(self, tensor: Tensor, column: int, place: int) -> FloatArray:
        """The values of a field from numbers; raises `Unsure` for a field of another type."""
        if tensor.numbers is None:
            raise Unsure
        numbers, kind = tensor.numbers[:, column], self._features[place].type
        if kind in TIMES and _is_numeric(tensor):
            read = TIMES[kind]
            return np.array([value if np.isnan(value) else read(value) for value in numbers.tolist()])
        if not (kind in NUMERIC if _is_numeric(tensor) else kind is FeatureType.BOOLEAN):
            raise Unsure
        return numbers

    def _check(self, matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The least and the greatest value of each column; raises `Unsure` unless all values are within their bounds,
        and none is missing that must be there."""
        low, high = extent(matrix)
        missing = np.isnan(low)
        if (missing & self._must_be).any():
            raise Unsure
        if missing.any():
            low, high = extremes(np.fmin, matrix), extremes(np.fmax, matrix)  # NaN where all values are; takes longer.
        if (low < self._low).any() or (high > self._high).any():
            raise Unsure
        for place in self._integers:
            column, allowed = matrix[:, place], self._enumerations[place]
            if not ((column == np.floor(column)) | np.isnan(column)).all():
                raise Unsure
            if allowed is not None and not (np.isin(column, allowed) | np.isnan(column)).all():
                raise Unsure
        return low, high


def _is_numeric(tensor: Tensor) -> bool:
    return tensor.kind in (Kind.INTEGER, Kind.FLOAT)


def _bounds(feature: Feature, out_of_range: OutOfRange) -> tuple[float, float]:
    """The least and the greatest valid value of a column."""
    limits, seen = feature.constraints, feature.seen
    low, high = [-LARGEST], [LARGEST]
    if feature.type is FeatureType.BOOLEAN:
        return 0.0, 1.0
    if limits.minimum is not None:
        low.append(limits.minimum)
    if limits.exclusive_minimum is not None:
        low.append(float(np.nextafter(limits.exclusive_minimum, np.inf)))
    if limits.maximum is not None:
        high.append(limits.maximum)
    if limits.exclusive_maximum is not None:
        high.append(float(np.nextafter(limits.exclusive_maximum, -np.inf)))
    if out_of_range == "reject" and feature.type in ORDERED:
        low += [] if seen.minimum is None else [seen.minimum]
        high += [] if seen.maximum is None else [seen.maximum]
    return max(low), min(high)


def _is_odd(feature: Feature) -> bool:
    """Does this feature have a rule that only the native validation knows?"""
    limits = feature.constraints
    return limits.multiple_of is not None or limits.pattern is not None or feature.notation is not None


TextReader = Callable[[Sequence[str | None]], tuple[Sequence[float], dict[int, str]]]


def _text_reader(feature: Feature, out_of_range: OutOfRange) -> TextReader:
    """Reads the texts of a column; raises `Unsure` or ValueError."""
    if feature.type in TIMES:
        return _times(TIMES[feature.type])
    if feature.type not in TEXTUAL:
        return _unsure
    return _strings(feature) if feature.type is FeatureType.STRING else _categories(feature, out_of_range)


def _unsure(_: Sequence[str | None]) -> tuple[Sequence[float], dict[int, str]]:
    raise Unsure


def _times(read: Callable[[Any], float]) -> TextReader:
    return lambda texts: ([np.nan if text is None else read(text) for text in texts], {})


def _categories(feature: Feature, out_of_range: OutOfRange) -> TextReader:
    codes, declared, seen = code_table(feature.vocabulary), feature.constraints.enumeration, feature.seen.categories
    allowed: set[str | None] | None = None
    if declared:
        allowed = {None, *map(str, declared)}
    if out_of_range == "reject" and seen is not None:
        allowed = {None, *seen} if allowed is None else allowed & {None, *seen}

    def read(texts: Sequence[str | None]) -> tuple[Sequence[float], dict[int, str]]:
        if allowed is not None and not allowed.issuperset(texts):
            raise Unsure
        values, new = encode(texts, codes)
        return values, dict(new)

    return read


def _strings(feature: Feature) -> TextReader:
    least, most = feature.constraints.min_length, feature.constraints.max_length
    is_bounded = least is not None or most is not None

    def read(texts: Sequence[str | None]) -> tuple[Sequence[float], dict[int, str]]:
        if None in texts and not feature.nullable:
            raise Unsure
        if is_bounded:
            lengths = [len(text) for text in texts if text is not None] or [least or 0]
            if min(lengths) < (least or 0) or (most is not None and max(lengths) > most):
                raise Unsure
        return [np.nan] * len(texts), {}

    return read
