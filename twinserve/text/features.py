"""The numbers that a compiled model reads of texts, beside those of the other fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial, reduce
from itertools import chain
from typing import Final

import numpy as np

from twinserve.arrays import FloatArray, IntArray
from twinserve.text import entries as steps
from twinserve.text.entries import Entries, Step, gathered
from twinserve.text.hashing import bucket
from twinserve.text.kept import Kept
from twinserve.text.places import places_of
from twinserve.text.stored import StoredStep, StoredTerms, StoredTexts

Constants = Mapping[str, np.ndarray]
Texts = Mapping[int, Sequence[str | None]]
PLAIN: Final[Mapping[str, Step]] = {
    "ones": steps.ones,
    "logarithm": steps.logarithm,
    "l1": steps.l1,
    "l2": steps.l2,
}


class TextFeatures:
    """Fills in the columns of a model's input that come from texts; safe to share between threads."""

    def __init__(self, stored: StoredTexts, constants: Constants, width: int) -> None:
        """`width` is that of the model's input. Raises ValueError where the parts do not fit one another."""
        self._fields, self._width = stored.fields, width
        self._categories = stored.categories
        self._refuse_null = frozenset(stored.refuse_null)
        self._tables = [TermTable(table, constants) for table in stored.tables]
        self.microseconds = sum(table.microseconds for table in stored.tables)
        """What a character of a text takes at most, about."""
        placed = sorted(place for table in self._tables for place in table.places)
        if placed != list(range(self._fields, width)):
            raise ValueError("The columns of texts are not those that the model reads.")
        if any(
            field >= self._fields
            for field in [*self._categories, *self._refuse_null, *(table.field for table in self._tables)]
        ):
            raise ValueError("A text comes from a field that is not there.")

    def __call__(self, matrix: FloatArray, texts: Texts, unseen: Mapping[tuple[int, int], str]) -> FloatArray:
        """The model's input `[n, width]`: the fields' own columns `[n, fields]`, a text as 0, or NaN where it is null
        and that has no answer; then the columns made of texts. `unseen` holds the categories without a code."""
        wide = np.zeros((len(matrix), self._width))
        wide[:, : self._fields] = matrix
        for field, held in texts.items():
            wide[:, field] = 0.0
            if field in self._refuse_null and None in held:
                wide[[text is None for text in held], field] = np.nan
        for table in self._tables:
            field = table.field
            held = texts[field] if field in texts else self._decoded(matrix, unseen, field)
            table.fill(wide, [text or "" for text in held])
        return wide

    def _decoded(self, matrix: FloatArray, unseen: Mapping[tuple[int, int], str], field: int) -> list[str | None]:
        known, codes = self._categories[field], matrix[:, field].tolist()
        return [
            None if code != code else known[int(code)] if code >= 0.0 else unseen[row, field]
            for row, code in enumerate(codes)
        ]


class TermTable:
    """The terms of one text field: `[n, columns]`, of which only what is not zero is ever held."""

    def __init__(self, stored: StoredTerms, constants: Constants) -> None:
        self.field = stored.field
        self.places = [*stored.column_places, *stored.sum_places]
        self._find, width = _finder(stored)
        self._width = width
        self._steps: list[Step] = []
        for step in stored.steps:
            made, width = _step(step, constants, width)
            self._steps.append(made)
        self._columns = places_of(_indexes(constants, stored.columns, width), stored.column_places, width)
        self._has_columns = bool(stored.column_places)
        self._sums = _sums(stored, constants, width)
        self._sum_places = np.array(stored.sum_places, dtype=np.int64)

    def entries(self, texts: Sequence[str]) -> Entries:
        """The entries of these texts' rows."""
        found = gathered([self._find(text) for text in texts], self._width)
        return reduce(lambda made, step: step(made), self._steps, found)

    def fill(self, wide: FloatArray, texts: Sequence[str]) -> None:
        """Fill in the columns of a model's input that come from these texts."""
        made = self.entries(texts)
        if self._has_columns:
            places = self._columns(made.columns)
            held = places >= 0
            wide[made.rows[held], places[held]] = made.values[held]
        if self._sums is not None:
            wide[:, self._sum_places] = self._sums(made)


def _finder(stored: StoredTerms) -> tuple[Callable[[str], Iterable[int]], int]:
    """A function that finds the column of each token of a text that has one, and the number of columns."""
    find, width = _columns_of_tokens(stored)
    tokens, split, ngrams = stored.analysis.tokens(), stored.analysis.words(), stored.analysis.ngrams_of_a_word

    def found(listed: Sequence[str]) -> list[int]:
        return [column for column in map(find, listed) if column is not None]

    of_word = Kept(lambda word: found(ngrams(word))).__getitem__
    if stored.analysis.analyzer == "char_wb":
        return lambda text: chain.from_iterable(map(of_word, split(text))), width
    return lambda text: found(tokens(text)), width


def _columns_of_tokens(stored: StoredTerms) -> tuple[Callable[[str], int | None], int]:
    """A function that gives the column of a token, None for an unseen one; and the number of columns."""
    if stored.words is not None:
        words = {word: column for column, word in enumerate(stored.words)}
        if stored.buckets is not None or len(words) != len(stored.words) or not words:
            raise ValueError("A vocabulary holds a word twice, or none.")
        return words.get, len(words)
    if stored.buckets is None:
        raise ValueError("There is no vocabulary.")
    return Kept(
        partial(bucket, columns=stored.buckets, alternate_sign=stored.alternate_sign)
    ).__getitem__, stored.buckets


def _step(stored: StoredStep, constants: Constants, width: int) -> tuple[Step, int]:
    """A step, and the number of columns after it."""
    if stored.kind in PLAIN:
        return PLAIN[stored.kind], width
    if stored.kind == "above":
        return steps.above(stored.amount), width
    if stored.kind == "selected":
        kept = _indexes(constants, stored.numbers, width)
        return steps.selected(kept, width), len(kept)
    factors = _doubles(constants, stored.numbers)
    if factors.shape not in ((1,), (width,)):
        raise ValueError("The factors of terms do not fit them.")
    return steps.times(factors), width


def _sums(stored: StoredTerms, constants: Constants, width: int) -> Callable[[Entries], FloatArray] | None:
    """A function that gives `[n, sums]`: for each row the sum of its values times their coefficients."""
    if not stored.weights:
        return None
    weights, terms = _doubles(constants, stored.weights), _indexes(constants, stored.terms, width)
    if weights.shape != (len(stored.sum_places), len(terms) if stored.terms else width):
        raise ValueError("The coefficients of terms do not fit them.")
    lookup = places_of(terms, range(len(terms)), width) if stored.terms else None

    def sums(made: Entries) -> FloatArray:
        columns, values, rows = made.columns, made.values, made.rows
        if lookup is not None:
            found = lookup(columns)
            held = found >= 0
            columns, values, rows = found[held], values[held], rows[held]
        if made.length > 1:
            each = [np.bincount(rows, some[columns] * values, made.length) for some in weights]
            return np.stack(each, axis=1)
        if not len(columns):
            return np.zeros((1, len(weights)))
        added: FloatArray = np.add.accumulate(weights[:, columns] * values, axis=1)
        return added[:, -1]

    return sums


def _indexes(constants: Constants, name: str, width: int) -> IntArray:
    """The constant of that name, of different columns of a table; of an empty name nothing."""
    if not name:
        return np.zeros(0, dtype=np.int64)
    held = constants[name]
    if held.ndim != 1 or held.dtype.kind != "i" or len(np.unique(held)) != len(held):
        raise ValueError("The columns of terms are none.")
    if held.size and (int(held.min()) < 0 or int(held.max()) >= width):
        raise ValueError("A column of terms is not there.")
    return held.astype(np.int64)


def _doubles(constants: Constants, name: str) -> FloatArray:
    held = constants[name]
    if held.dtype.kind != "f":
        raise ValueError("The numbers of terms are none.")
    return held.astype(np.float64)
