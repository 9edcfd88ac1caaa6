"""`AnswerTable`: answers as the columns of a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray, IntArray
from twinserve.bulk.answering import Answered
from twinserve.bulk.options import Options
from twinserve.bulk.version import BulkVersion
from twinserve.predict.rendering import as_text, listed
from twinserve.predict.targets.target import Coded, FlatColumns

NULL: Final = -1
"""The code of no text; the number that is none is NaN, which no prediction is."""


class AnswerTable:
    """The columns of one version's answers; threads may share it."""

    def __init__(self, version: BulkVersion, options: Options) -> None:
        self._version = version
        self.flat = {**version.flat}
        nothing: FloatArray = np.zeros(0)
        text = Coded(np.zeros(0, np.int64), ())
        if options.coverage is not None:
            self.flat |= {"set": text} if version.target.classes else {"low": nothing, "high": nothing}
        self.flat |= {"explanation": text} if options.explains else {}
        self.flat |= {"warnings": text, "error": text}

    def columns(self, answered: Answered) -> FlatColumns:
        """The columns of all n rows, without those that come back."""
        given = self._given(answered)
        columns: FlatColumns = {}
        for name, kind in self.flat.items():
            if name == "error":
                columns[name] = _errors(answered)
            elif name in given:
                columns[name] = _spread(given[name], answered)
            else:
                nulls = np.full(answered.rows, NULL, np.int64)
                columns[name] = Coded(nulls, ()) if isinstance(kind, Coded) else np.full(answered.rows, np.nan)
        return columns

    def _given(self, answered: Answered) -> FlatColumns:
        """The columns of the m rows that have an answer."""
        if answered.predictions is None:
            return {}
        given = dict(self._version.target.flat(answered.predictions))
        if (covered := answered.covered) is not None:
            if covered.sets:
                classes = self._version.target.classes or ()
                given["set"] = _coded([as_text([classes[code] for code in codes]) for codes in covered.sets])
            else:
                given |= {"low": np.asarray(covered.low), "high": np.asarray(covered.high)}
        if answered.explained is not None:
            given["explanation"] = _coded(map(as_text, answered.explained.described(self._version.pointers)))
        given["warnings"] = _warnings(answered, answered.rows if answered.places is None else len(answered.places))
        return given


def _warnings(answered: Answered, rows: int) -> Coded:
    codes, texts = np.zeros(rows, np.int64), {listed(answered.common): 0}
    for row, findings in answered.warnings.items():
        codes[row] = texts.setdefault(listed([*findings, *answered.common]), len(texts))
    return Coded(codes, tuple(texts))


def _errors(answered: Answered) -> Coded:
    codes, texts = np.full(answered.rows, NULL, np.int64), dict[str, int]()
    for row, findings in answered.errors.items():
        codes[row] = texts.setdefault(listed(findings), len(texts))
    return Coded(codes, tuple(texts))


def _coded(values: Iterable[str]) -> Coded:
    texts: dict[str, int] = {}
    codes = [texts.setdefault(text, len(texts)) for text in values]
    return Coded(np.array(codes, dtype=np.int64), tuple(texts))


def _spread(column: FloatArray | Coded, answered: Answered) -> FloatArray | Coded:
    """The column with nulls in the rows that have no answer."""
    if answered.places is None:
        return column
    if isinstance(column, Coded):
        codes: IntArray = np.full(answered.rows, NULL, np.int64)
        codes[answered.places] = column.codes
        return Coded(codes, column.texts)
    numbers: FloatArray = np.full(answered.rows, np.nan)
    numbers[answered.places] = column
    return numbers
