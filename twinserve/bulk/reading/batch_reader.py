"""Record batches of one schema, read a column at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa

from twinserve.arrays import BoolArray, FloatArray, IntArray
from twinserve.bulk.arrow_buffers import array_in
from twinserve.bulk.checked import Checked, check
from twinserve.bulk.reading.arrow_columns import Read
from twinserve.bulk.reading.columns_asked import TableColumns
from twinserve.bulk.version import BulkVersion
from twinserve.signature import Columns
from twinserve.signature.signature import ORDERED, Feature, FeatureType


class Reader(Protocol):
    """Reads the columns of one feature."""

    feature: Feature

    def __call__(self, column: pa.Array) -> Read:
        """The values of a column."""

    def odd(self, numbers: FloatArray) -> BoolArray | None:
        """See `ColumnReader`."""


LARGEST: Final = float(np.finfo(np.float64).max)
BLOCK: Final = 512
"""Rows that are turned from columns into rows at a time: those of 30 columns stay in the cache of a core."""
Cells = Callable[[pa.Array, Feature], list[Any]]
"""The cells of a column of one feature, as JSON has them."""


class BatchReader:
    """Validates record batches of one schema for one version of a model; threads may share it."""

    def __init__(
        self,
        version: BulkVersion,
        columns: TableColumns,
        readers: Sequence[Reader],
        cells: Cells,
        passed: Sequence[str],
    ) -> None:
        """`readers` has one for each feature of the signature."""
        self._version, self._passed, self._readers, self._cells = version, passed, readers, cells
        self.columns = columns
        features = version.signature.features
        bounds = np.array([_bounds(feature, reject=version.out_of_range == "reject") for feature in features])
        self._low, self._high = np.ascontiguousarray(bounds.T)
        self._integers = [place for place, feature in enumerate(features) if feature.type is FeatureType.INTEGER]
        self._may_be_nan = [feature.nullable or feature.type is FeatureType.STRING for feature in features]

    def __call__(self, batch: pa.RecordBatch) -> Checked:
        """The rows of a batch, which has the columns of the model and those that come back, maybe without others."""
        reads = [self._read(place, batch) for place in range(len(self._readers))]
        matrix = _matrix(reads, batch.num_rows)
        if self._integers and (matrix[:, self._integers] == 0).any():
            matrix[:, self._integers] += 0.0  # -0 is no integer of its own.
        doubt = self._doubtful(matrix, reads)
        texts = {place: read.texts for place, read in enumerate(reads) if read.texts is not None}
        unseen = {(row, place): text for place, read in enumerate(reads) for row, text in read.unseen}
        passed = {name: batch.column(batch.schema.get_field_index(name)) for name in self._passed}
        checked = Checked(batch.num_rows, Columns(matrix, unseen, texts), None, {}, (), passed, self.columns.common)
        rows = np.flatnonzero(doubt)
        return self._looked_at(checked, batch, rows) if len(rows) else checked

    def _read(self, place: int, batch: pa.RecordBatch) -> Read:
        reader = self._readers[place]
        column = batch.schema.get_field_index(reader.feature.name)
        if column < 0:
            texts = [None] * batch.num_rows if reader.feature.type is FeatureType.STRING else None
            return Read(None, None, texts)
        return reader(batch.column(column))

    def _doubtful(self, matrix: FloatArray, reads: Sequence[Read]) -> BoolArray:
        """`[n]`: the rows that the validator must look at."""
        low, high = matrix.min(axis=0, initial=np.inf), matrix.max(axis=0, initial=-np.inf)  # NaN where one is.
        doubt = np.zeros(len(matrix), dtype=bool)
        for place in np.flatnonzero(~((low >= self._low) & (high <= self._high))).tolist():
            column = matrix[:, place]
            doubt |= (column < self._low[place]) | (column > self._high[place])
            if not self._may_be_nan[place]:
                doubt |= np.isnan(column)
        for place, read in enumerate(reads):
            if read.doubt is not None:
                doubt |= read.doubt
            odd = None if read.numbers is None else self._readers[place].odd(read.numbers)
            if odd is not None:
                doubt |= odd
        return doubt

    def _looked_at(self, checked: Checked, batch: pa.RecordBatch, rows: IntArray) -> Checked:
        """The same, where the validator has the word about these rows."""
        columns = checked.columns
        if columns is None:
            raise TypeError("There are columns before any row is looked at.")
        looked = check(self._instances(batch.take(array_in(rows))), self._version.validator.validate_value)
        errors = {int(rows[row]): findings for row, findings in looked.errors.items()}
        if looked.columns is not None:
            valid = rows if looked.places is None else rows[looked.places]
            columns = _replaced(columns, valid, looked.columns)
        if not errors:
            return checked._replace(columns=columns)
        keep = np.ones(checked.rows, dtype=bool)
        keep[list(errors)] = False
        places = np.flatnonzero(keep)
        kept = columns.take(places.tolist()) if len(places) else None
        return checked._replace(columns=kept, places=places, errors=errors)

    def _instances(self, batch: pa.RecordBatch) -> list[Any]:
        features = {feature.name: feature for feature in self._version.signature.features}
        cells = {name: self._cells(batch.column(name), features[name]) for name in self.columns.places}
        return [
            self.columns.instance({name: values[row] for name, values in cells.items()})
            for row in range(batch.num_rows)
        ]


def _matrix(reads: Sequence[Read], rows: int) -> FloatArray:
    """The columns side by side, in row-major order: the bits of NumPy's product of a row depend on the strides."""
    matrix = np.empty((rows, len(reads)))
    for start in range(0, rows, BLOCK):
        block = matrix[start : start + BLOCK]
        for place, read in enumerate(reads):
            block[:, place] = np.nan if read.numbers is None else read.numbers[start : start + BLOCK]
    return matrix


def _replaced(columns: Columns, rows: IntArray, looked: Columns) -> Columns:
    """The columns with other values in some rows."""
    columns.matrix[rows] = looked.matrix
    there = set(rows.tolist())
    unseen = {cell: text for cell, text in columns.unseen.items() if cell[0] not in there}
    unseen |= {(int(rows[row]), place): text for (row, place), text in looked.unseen.items()}
    texts = {place: list(held) for place, held in columns.texts.items()}
    for place, held in looked.texts.items():
        for row, text in zip(rows.tolist(), held, strict=True):
            texts[place][row] = text
    return Columns(columns.matrix, unseen, texts)


def _bounds(feature: Feature, *, reject: bool) -> tuple[float, float]:
    """The least and the greatest double of a column that is valid for certain."""
    limits, seen = feature.constraints, feature.seen
    if feature.type not in ORDERED:
        return -LARGEST, LARGEST
    low, high = [-LARGEST], [LARGEST]
    low += [] if limits.minimum is None else [limits.minimum]
    low += [] if limits.exclusive_minimum is None else [float(np.nextafter(limits.exclusive_minimum, np.inf))]
    high += [] if limits.maximum is None else [limits.maximum]
    high += [] if limits.exclusive_maximum is None else [float(np.nextafter(limits.exclusive_maximum, -np.inf))]
    if reject:
        low += [] if seen.minimum is None else [seen.minimum]
        high += [] if seen.maximum is None else [seen.maximum]
    return max(low), min(high)
