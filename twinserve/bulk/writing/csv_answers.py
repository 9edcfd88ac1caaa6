"""Answers as CSV: a header and a record for each row. Numbers are written as in JSON, null is the empty cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from twinserve.arrays import FloatArray
from twinserve.bulk.answering import Answered
from twinserve.bulk.writing.answer_table import AnswerTable
from twinserve.bulk.writing.objects import as_text_cell, listed_cells
from twinserve.predict.targets.target import Coded

SPECIAL = frozenset(',"\r\n')


class CsvWriter:
    """Writes the answers of one version; threads may share it."""

    def __init__(self, table: AnswerTable, passed: Sequence[str]) -> None:
        self._table, self._passed = table, passed

    @property
    def head(self) -> str:
        """The header."""
        return ",".join(map(quoted, (*self._passed, *self._table.flat))) + "\n"

    def write(self, answered: Answered) -> str:
        """The records of these rows."""
        columns = [_cells(values) for values in answered.passed.values()]
        columns += [_written(column) for column in self._table.columns(answered).values()]
        return "".join([f"{','.join(cells)}\n" for cells in zip(*columns, strict=True)])


def quoted(text: str) -> str:
    """A text as a cell."""
    return text if SPECIAL.isdisjoint(text) else '"' + text.replace('"', '""') + '"'


def _written(column: FloatArray | Coded) -> list[str]:
    if isinstance(column, Coded):
        texts = [*map(quoted, column.texts), ""]  # The last one is that of the code -1.
        return [texts[code] for code in column.codes.tolist()]
    text = msgspec.json.encode(column.tolist()).decode()[1:-1]
    return text.replace("null", "").split(",") if len(column) else []


def _cells(values: Any) -> list[str]:
    return ["" if text is None else quoted(text) for text in map(as_text_cell, listed_cells(values))]
