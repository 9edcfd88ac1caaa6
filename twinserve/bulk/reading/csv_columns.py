"""Plain blocks of CSV, read by pyarrow a column at a time. Whatever is not plain is left to Python's reader.

Both readers agree on what is left here: records of one line, with quotes around whole cells only. Columns of numbers
become doubles at once where each of their cells is a number as JSON writes it; else all columns of the block are texts
first, and each is looked at by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from twinserve.arrays import BoolArray
from twinserve.bulk.arrow_buffers import nulls_of, values_in
from twinserve.bulk.checked import Checked
from twinserve.bulk.reading.arrow_columns import ColumnReader, Read, numbers_of
from twinserve.bulk.reading.batch_reader import BatchReader
from twinserve.bulk.reading.columns_asked import TableColumns
from twinserve.bulk.reading.csv_numbers import may_be_odd
from twinserve.bulk.version import BulkVersion
from twinserve.notations.json_numbers import JSON_NUMBER
from twinserve.signature import Feature
from twinserve.signature.signature import NUMERIC

NUMBER: Final = f"^{JSON_NUMBER}$"
QUOTED: Final = re.compile(rb'(?:^|(?<=[,\n]))"(?:[^"\n\r]|"")*"(?=[,\r\n]|$)', re.MULTILINE)
PARSING: Final = csv.ParseOptions(newlines_in_values=False)


Value = Callable[[str, str], Any]
"""Reads a cell, by the column's name, as JSON has it."""


class NotFinite(ValueError):
    """A column of doubles has one that no number of JSON is."""


def is_plain(records: bytes, width: int) -> bool:
    """Do both readers cut these records into the same cells?"""
    if width < 2 or b"\0" in records or records.count(b"\r") != records.count(b"\r\n"):
        return False
    return b'"' not in records or b'"' not in QUOTED.sub(b"", records)


class PlainReader:
    """Reads plain blocks for one version of a model; threads may share it."""

    def __init__(
        self, version: BulkVersion, columns: TableColumns, names: Sequence[str], value: Value, passed: Sequence[str]
    ) -> None:
        features, reject = version.signature.features, version.out_of_range == "reject"
        readers = [CsvColumn(feature, value, reject=reject) for feature in features]

        def cells(column: pa.Array, feature: Feature) -> list[Any]:
            texts = column.to_pylist()
            if pa.types.is_floating(column.type):
                return list(texts)
            return [None if text is None else value(feature.name, text) for text in texts]

        self._names, self._read = list(names), BatchReader(version, columns, readers, cells, passed)
        as_texts = dict.fromkeys(self._names, pa.string())
        numbers = {reader.feature.name for reader in readers if reader.is_number} - set(passed)
        as_numbers = {name: pa.float64() if name in numbers else kind for name, kind in as_texts.items()}
        self._as_texts, self._as_numbers = _converting(as_texts), _converting(as_numbers)
        self._has_numbers = as_numbers != as_texts

    def __call__(self, records: bytes) -> Checked | None:
        """The rows of some records; None where they are not plain."""
        if not is_plain(records, len(self._names)):
            return None
        checked = None
        if self._has_numbers and not may_be_odd(records):
            checked = self._checked(records, self._as_numbers)
        return self._checked(records, self._as_texts) if checked is None else checked

    def _checked(self, records: bytes, converting: csv.ConvertOptions) -> Checked | None:
        """The rows with columns of these types; None where a row has another number of cells, or a cell is no number
        that pyarrow reads."""
        reading = csv.ReadOptions(
            use_threads=False, column_names=self._names, block_size=max(len(records) + 1, 1 << 16)
        )
        try:
            table = csv.read_csv(pa.py_buffer(records), reading, PARSING, converting)
            batches = table.combine_chunks().to_batches()
            return self._read(batches[0]) if batches else None
        except (pa.ArrowException, ValueError):
            return None


def _converting(types: dict[str, pa.DataType]) -> csv.ConvertOptions:
    return csv.ConvertOptions(
        column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True
    )


class CsvColumn:
    """Reads the cells of one feature, doubles or texts."""

    def __init__(self, feature: Feature, value: Value, *, reject: bool) -> None:
        """`value` reads a cell by the column's name, as JSON has it."""
        self.feature = feature
        self._reader = ColumnReader(
            feature, reject=reject, value=lambda text: None if text is None else value(feature.name, text)
        )
        self.is_number = feature.type in NUMERIC and feature.notation is None and self._reader.is_plain
        self.odd = self._reader.odd

    def __call__(self, column: pa.Array) -> Read:
        """See `ColumnReader`; raises `NotFinite`."""
        if not self.is_number:
            return self._reader(column)
        if pa.types.is_floating(column.type):
            numbers = numbers_of(column)
            if np.isfinite(numbers).sum() + column.null_count != len(column):
                raise NotFinite
            return Read(numbers)
        matched = pc.match_substring_regex(column, NUMBER)
        doubt: BoolArray | None = None
        if not pc.all(matched, min_count=0).as_py():
            doubt = ~values_in(matched) & ~nulls_of(matched)
            column = pc.if_else(matched, column, pa.nulls(len(column), pa.string()))
        return Read(numbers_of(column.cast(pa.float64())), doubt)
