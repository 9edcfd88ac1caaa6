"""Answers as Arrow: a record batch with the columns that come back and those of the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from twinserve.arrays import FloatArray
from twinserve.bulk.answering import Answered
from twinserve.bulk.arrow_buffers import array_in, texts_in
from twinserve.bulk.writing.answer_table import AnswerTable
from twinserve.bulk.writing.objects import as_text_cell
from twinserve.predict.targets.target import Coded


class ArrowWriter:
    """Writes the answers of one version; threads may share it.

    `kept` has the types of the columns that come back where they come from Arrow; those of lines and of CSV are texts,
    a value of another type as its JSON."""

    def __init__(self, table: AnswerTable, passed: Sequence[str], kept: Mapping[str, pa.DataType]) -> None:
        self._table, self._kept = table, kept
        fields = [pa.field(name, kept.get(name, pa.string())) for name in passed]
        fields += [
            pa.field(name, pa.dictionary(pa.int32(), pa.string()) if isinstance(column, Coded) else pa.float64())
            for name, column in table.flat.items()
        ]
        self._coded = pa.schema(fields)
        self.schema = pa.schema(
            [one.with_type(one.type.value_type) if pa.types.is_dictionary(one.type) else one for one in fields]
        )
        """With texts as plain ones; `encoded` has them as dictionaries."""

    @property
    def encoded_schema(self) -> pa.Schema:
        """The schema of `encoded`."""
        return self._coded

    def encoded(self, answered: Answered) -> pa.RecordBatch:
        """The answers, with texts as places in a dictionary: Parquet is written from these in half the time."""
        arrays = [
            values if isinstance(values, pa.Array) else texts_in(_texts(values)) for values in answered.passed.values()
        ]
        arrays += [array_of(column) for column in self._table.columns(answered).values()]
        return pa.RecordBatch.from_arrays(arrays, schema=self._coded)

    def plain(self, answered: Answered) -> pa.RecordBatch:
        """The answers with plain texts, as every reader of Arrow knows them."""
        batch = self.encoded(answered)
        arrays = [
            column.dictionary_decode() if column.type != field.type else column
            for column, field in zip(batch.columns, self.schema, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def array_of(column: FloatArray | Coded) -> pa.Array:
    """A column of the answer; what is NaN, or no text, is null."""
    if isinstance(column, Coded):
        codes = column.codes.astype(np.int32)
        return pa.DictionaryArray.from_arrays(array_in(codes, codes < 0), texts_in(column.texts or ("",)))
    return array_in(column, np.isnan(column))


def _texts(values: Sequence[Any]) -> list[str | None]:
    return [as_text_cell(value) for value in values]
