"""What the cells of a table mean: blanks around texts, nulls, and the spellings of numbers, dates and times.

No note names a cell's value, as notes become part of a version: it names rows, counted from 1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from pandas.api import types as dtypes

from twinserve.arrays import IntArray
from twinserve.notations.amounts import Amounts
from twinserve.notations.booleans import Booleans
from twinserve.notations.kind import Kind, Meaning
from twinserve.notations.named_months import NamedMonths
from twinserve.notations.notation import Form, Notation
from twinserve.notations.times import Clock, Durations, Months, YearFirst, YearLast
from twinserve.notes import Note
from twinserve.tables.cells import Cells
from twinserve.tables.clock_times import times_as_texts
from twinserve.tables.column_texts import Texts, quoted
from twinserve.tables.null_words import NULL_OF_PANDAS, is_null_word

TIMES: Final = (YearFirst(), YearLast(), NamedMonths(), Months(), Clock(), Durations())
SAMPLE: Final = 1_000
MOST: Final = 0.5
"""A column seems to be of a kind if at least this share of its cells is."""
ROWS_NAMED: Final = 3


@dataclass
class Values:
    """A table whose cells are read, with what was read how."""

    frame: pd.DataFrame
    notes: list[Note] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)
    """The unit of a column, where its cells have one."""
    notations: dict[str, Notation] = field(default_factory=dict)
    """How a column's values are written, where that is another way than JSON's."""
    troubles: dict[str, str] = field(default_factory=dict)
    """What a column of texts seems to hold, and why it could not be read so."""


def read_values(frame: pd.DataFrame, cells: Cells, literal: Collection[str] = ()) -> Values:
    """The table with its cells read: all rows of a column decide together.

    Of `literal` columns, blanks around texts are left out and `null_values` are null; all else stays as it is written.
    """
    read = Values(frame, list(cells.notes))
    if not frame.columns.is_unique:
        return read  # It is refused elsewhere, in one sentence.
    given = {name: frame[name] for name in frame.columns}
    columns = {name: _column(str(name), times_as_texts(values), cells, read, literal) for name, values in given.items()}
    if any(columns[name] is not values for name, values in given.items()):
        read.frame = pd.DataFrame(columns, index=frame.index, columns=frame.columns, copy=False)
    return read


def _column(name: str, values: pd.Series[Any], cells: Cells, read: Values, literal: Collection[str]) -> pd.Series[Any]:
    if isinstance(values.dtype, pd.CategoricalDtype):  # Its type is said, and only its texts are read.
        texts_alone = values.astype(object)
        column = _column(name, texts_alone, cells, read, [name])
        return values if column is texts_alone else column.astype("category")
    if not _holds_texts(values.dtype):
        return _without_null_numbers(name, values, cells, read)
    kind = dtypes.infer_dtype(values, skipna=True)
    if kind != "string":
        is_open = kind.startswith("mixed") and name not in literal
        return _without_null_words(name, values, cells, read) if is_open else values
    codes, given = pd.factorize(values.to_numpy(dtype=object), use_na_sentinel=True)
    stripped = [text.strip() for text in given]
    padded = [place for place, text in enumerate(given) if text != stripped[place] and stripped[place]]
    if padded:
        count = Texts(list(given), codes).count(padded)
        read.notes.append(Note("fact", name, f"{_cells(count)} blanks around the text, which are left out"))
    places, distinct = pd.factorize(np.array(stripped, dtype=object))
    texts = Texts(list(distinct), np.where(codes >= 0, places[codes] if len(places) else -1, -1))
    nulls = {place for place, text in enumerate(distinct) if not text or text in cells.null_values}
    if told := [place for place in nulls if distinct[place]]:
        read.notes.append(Note("fact", name, f"{texts.count(told)} cells are null by --null-values"))
    words = [place for place, text in enumerate(distinct) if place not in nulls and is_null_word(text)]
    known = sorted(set(range(len(distinct))) - nulls - set(words))
    meaning = None if name in literal else _meaning(name, texts, known, cells, read)
    if meaning is not None:
        _tell(name, texts, known, words, meaning, read)
        read.notations[name] = _with_nulls(meaning.notation, texts, [*nulls, *words])
        return _read(values, texts, known, meaning)
    read.notes += _undecided(name, texts, words)
    meant = None if cells.typed or nulls or (codes < 0).any() else _null_of_pandas(texts, words)
    form = Notation(form="as it is", null_means=meant)
    if (not cells.typed or cells.loose_digits) and known and all(distinct[place].isdecimal() for place in known):
        widths = {len(distinct[place]) for place in known}
        form = Notation(form="text of a value", width=widths.pop() if len(widths) == 1 else 0)
    if padded or nulls or form != Notation(form="as it is"):
        read.notations[name] = _with_nulls(form, texts, nulls)
    if not padded and not nulls:
        return values
    kept: list[Any] = [None if place in nulls else text for place, text in enumerate(distinct)]
    return _series(values, [*kept, None], texts.codes, values.dtype)


def _holds_texts(dtype: Any) -> bool:
    is_of_arrow = isinstance(dtype, pd.ArrowDtype) and dtype.type is str
    return dtypes.is_object_dtype(dtype) or isinstance(dtype, pd.StringDtype) or is_of_arrow


def _with_nulls(notation: Notation, texts: Texts, places: Collection[int]) -> Notation:
    return notation.model_copy(update={"nulls": tuple(sorted(texts.distinct[place] for place in places))})


def _meaning(name: str, texts: Texts, known: Sequence[int], cells: Cells, read: Values) -> Meaning | None:
    """What the texts at these places mean, if they are other than they are; what nearly is of a kind is a trouble."""
    given = [texts.distinct[place] for place in known]
    for kind in _kinds(given, cells):
        sample = given[:SAMPLE]
        if sum(map(kind.fits, sample)) < MOST * len(sample) or not given:
            continue
        others = [place for place, text in zip(known, given, strict=True) if not kind.fits(text)]
        if others:
            total, misfits, seems = texts.count(known), texts.count(others), kind.name(given)
            if seems and total - misfits >= MOST * total:
                read.troubles.setdefault(name, _nearly(seems, texts, others, 1 - misfits / total))
            continue
        meaning = kind.read(given)
        if isinstance(meaning, str):
            read.troubles[name] = meaning
        elif meaning is not None and _is_news(meaning, texts, known, cells):
            read.troubles.pop(name, None)
            return meaning
    return None


def _kinds(given: Sequence[str], cells: Cells) -> Iterator[Kind]:
    yield Booleans()
    if cells.decimal_comma and any("," in text for text in given):
        yield Amounts(comma=True)
    yield Amounts(comma=False)
    yield from TIMES


def _is_news(meaning: Meaning, texts: Texts, known: Sequence[int], cells: Cells) -> bool:
    """Is anything to be done? Plain numbers that somebody wrote as texts, where they need not have, stay texts."""
    if any(meaning.spelled) or meaning.is_boolean:
        return True
    return len(known) < len(texts.distinct) if meaning.is_text else not cells.typed


def _tell(name: str, texts: Texts, known: Sequence[int], words: Sequence[int], meaning: Meaning, read: Values) -> None:
    spelled = [place for place, is_spelled in zip(known, meaning.spelled, strict=True) if is_spelled]
    if spelled:
        read.notes.append(Note("fact", name, f"{texts.count(spelled)} cells are {meaning.how}"))
    if words:
        read.notes.append(Note("fact", name, f"{quoted(texts, words)} in {texts.count(words)} cells, read as null"))
    if meaning.unit:
        read.units[name] = meaning.unit


def _read(values: pd.Series[Any], texts: Texts, known: Sequence[int], meaning: Meaning) -> pd.Series[Any]:
    null = None if meaning.is_text or meaning.is_boolean else np.nan
    by_place: list[Any] = [null] * (len(texts.distinct) + 1)
    for place, value in zip(known, meaning.values, strict=True):
        by_place[place] = value
    if meaning.is_text:
        return _series(values, by_place, texts.codes, values.dtype)
    if meaning.is_boolean:
        return _series(values, by_place, texts.codes, pd.BooleanDtype())
    numbers = _series(values, by_place, texts.codes, np.dtype(np.float64))
    return numbers.astype("Int64") if meaning.whole else numbers


def _series(values: pd.Series[Any], by_place: Sequence[Any], codes: IntArray, dtype: Any) -> pd.Series[Any]:
    """A column with the value of each row's place; the last value is that of null."""
    table = np.array(by_place, dtype=np.float64 if dtype == np.float64 else object)
    made: pd.Series[Any] = pd.Series(table[codes], index=values.index, name=values.name, dtype=dtype)
    return made


def _null_of_pandas(texts: Texts, words: Sequence[int]) -> str | None:
    """The most frequent of the words that pandas reads as null in a CSV file."""
    among = [place for place in words if texts.distinct[place] in NULL_OF_PANDAS]
    return texts.distinct[max(among, key=lambda place: texts.count([place]))] if among else None


def _undecided(name: str, texts: Texts, words: Sequence[int]) -> Iterator[Note]:
    if words:
        told = f"{quoted(texts, words)} in {texts.count(words)} cells is a text, and null with --null-values"
        yield Note("warning", name, told)


def _nearly(kind: str, texts: Texts, others: Sequence[int], share: float) -> str:
    rows = np.flatnonzero(texts.rows(others)) + 1
    named = ", ".join(map(str, rows[:ROWS_NAMED])) + (", ..." if len(rows) > ROWS_NAMED else "")
    which = f"row {named} is" if len(rows) == 1 else f"{len(rows)} (rows {named}) are"
    return f"looks like {kind} in {min(share, 0.99):.0%} of its cells, but {which} not"


def _without_null_words(name: str, values: pd.Series[Any], cells: Cells, read: Values) -> pd.Series[Any]:
    """A column of numbers among which somebody wrote words for null."""
    texts = [(row, value.strip()) for row, value in enumerate(values.tolist()) if isinstance(value, str)]
    if not texts or not all(not text or text in cells.null_values or is_null_word(text) for _, text in texts):
        return values
    plain = values.astype(object)
    plain.iloc[[row for row, _ in texts]] = None
    words = " and ".join(sorted({repr(text) for _, text in texts if text}))
    read.notes.append(Note("fact", name, f"{words or 'a blank text'} in {len(texts)} cells, read as null"))
    known = plain.infer_objects()
    form: Form = "boolean" if dtypes.infer_dtype(known, skipna=True) == "boolean" else "amount"
    read.notations[name] = Notation(form=form, nulls=tuple(sorted({text for _, text in texts})))
    return known


def _without_null_numbers(name: str, values: pd.Series[Any], cells: Cells, read: Values) -> pd.Series[Any]:
    """A column of numbers without those that `null_values` names, such as -999."""
    if not dtypes.is_numeric_dtype(values.dtype) or dtypes.is_bool_dtype(values.dtype):
        return values
    nulls = Notation(form="amount", nulls=cells.null_values)
    are_null = values.isin(list(nulls.null_numbers))
    if not are_null.any():
        return values
    read.notes.append(Note("fact", name, f"{int(are_null.sum())} cells are null by --null-values"))
    read.notations[name] = nulls
    return (values.astype("Int64") if dtypes.is_integer_dtype(values.dtype) else values).mask(are_null)


def _cells(count: int) -> str:
    return f"{count} cell has" if count == 1 else f"{count} cells have"
