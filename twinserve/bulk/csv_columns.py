"""Plain blocks of CSV, read by pyarrow a column at a time. Whatever is not plain is left to Python's reader.

Both readers agree on what is left here: records of one line, with quotes around whole cells only.
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
from twinserve.bulk.arrow_cells import nulls_of
from twinserve.bulk.arrow_columns import ColumnReader, Read
from twinserve.bulk.arrow_rows import BatchReader
from twinserve.bulk.checked import Checked
from twinserve.bulk.columns_asked import TableColumns
from twinserve.bulk.version import BulkVersion
from twinserve.notations.json_numbers import JSON_NUMBER
from twinserve.signature import Feature
from twinserve.signature.signature import NUMERIC

NUMBER: Final = f"^{JSON_NUMBER}$"
NO: Final = pa.scalar(value=False)
QUOTED: Final = re.compile(rb'(?:^|(?<=[,\n]))"(?:[^"\n\r]|"")*"(?=[,\r\n]|$)', re.MULTILINE)


Value = Callable[[str, str], Any]
"""Reads a cell, by the column's name, as JSON has it."""


def plain_block(records: bytes, names: Sequence[str]) -> pa.RecordBatch | None:
    """The cells of some records as texts, the empty one as null; None where a block is not plain."""
    if len(names) < 2 or b"\0" in records or records.count(b"\r") != records.count(b"\r\n"):
        return None
    if b'"' in records and b'"' in QUOTED.sub(b"", records):
        return None
    texts = dict.fromkeys(names, pa.string())
    try:
        table = csv.read_csv(
            pa.py_buffer(records),
            csv.ReadOptions(use_threads=False, column_names=list(names), block_size=max(len(records) + 1, 1 << 16)),
            csv.ParseOptions(newlines_in_values=False),
            csv.ConvertOptions(
                column_types=texts,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except (pa.ArrowException, ValueError):
        return None
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else None


class PlainReader:
    """Reads plain blocks for one version of a model; threads may share it."""

    def __init__(
        self, version: BulkVersion, columns: TableColumns, names: Sequence[str], value: Value, passed: Sequence[str]
    ) -> None:
        reject = version.out_of_range == "reject"
        readers = [CsvColumn(feature, value, reject=reject) for feature in version.signature.features]

        def cells(column: pa.Array, feature: Feature) -> list[Any]:
            return [None if text is None else value(feature.name, text) for text in column.to_pylist()]

        self._names, self._read = names, BatchReader(version, columns, readers, cells, passed)

    def __call__(self, records: bytes) -> Checked | None:
        """The rows of some records; None where they are not plain."""
        batch = plain_block(records, self._names)
        try:
            return None if batch is None else self._read(batch)
        except pa.ArrowException:  # A number that pyarrow does not read.
            return None


class CsvColumn:
    """Reads the texts of one feature's cells."""

    def __init__(self, feature: Feature, value: Value, *, reject: bool) -> None:
        """`value` reads a cell by the column's name, as JSON has it."""
        self.feature = feature
        self._is_number = feature.type in NUMERIC and feature.notation is None
        self._reader = ColumnReader(
            feature, reject=reject, value=lambda text: None if text is None else value(feature.name, text)
        )
        self.odd = self._reader.odd

    def __call__(self, column: pa.Array) -> Read:
        """See `ColumnReader`."""
        if not (self._is_number and self._reader.is_plain):
            return self._reader(column)
        matched = pc.match_substring_regex(column, NUMBER)
        doubt: BoolArray | None = None
        if not pc.all(matched, min_count=0).as_py():
            doubt = pc.equal(matched, NO).fill_null(NO).to_numpy(zero_copy_only=False)
            column = pc.if_else(matched, column, pa.scalar(None, pa.string()))
        numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        if doubt is None and not column.null_count:
            return Read(numbers)
        numbers = np.where(nulls_of(column), np.nan, numbers)
        return Read(numbers, doubt)
