"""A signature from a table: dotted column names become nested fields, and all rows decide their types."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from twinserve.errors import UnsupportedInput
from twinserve.notations.notation import Notation
from twinserve.notes import Note
from twinserve.signature.left_out import column_path, column_paths
from twinserve.signature.signature import TEXTUAL, Feature, FeatureType, Path, Signature
from twinserve.signature.sources.given_type import GivenType
from twinserve.signature.sources.read_as import notation_of, read_as
from twinserve.signature.sources.type_inference import (
    Column,
    NotAFeature,
    interpret,
    named_like_an_id,
    nearly_numbers,
    number_trouble,
)

FEWEST_TO_JUDGE: Final = 20
"""With fewer values than this, a column in which all of them differ need not be an identifier."""
NEARLY_ALL: Final = 0.95
"""A column with at least this share of distinct values is an identifier or free text."""
LIKE_A_DATE: Final = r"\s*\d{1,4}([-/.]\d{1,2}[-/.]|[-. ]+[^\W\d]{3,9}[-., ]+)\d{1,4}([T ,]+\d{1,2}:\d{2}.*)?\s*"
"""A text in one of the many ways to write a date that nobody can guess, such as `31.12.23` and `1/2/2023 9:05`."""
BLANKS_OF_TEXT: Final = 4
"""Free text has at least this many blanks on average, which the names of people and streets have not."""
EMPTY: Final = "it is empty"
ALL_DIFFER: Final = "it looks like an identifier: (nearly) every value is different"
TEXT: Final = "is free text, of which the words are learned"

NO_TYPES: Final[Mapping[str, GivenType]] = MappingProxyType({})


@dataclass(frozen=True)
class FeatureTable:
    """A table in which every column is a feature, with its signature."""

    signature: Signature
    frame: pd.DataFrame
    """The columns of the features in signature order, in the dtypes that `type_inference` lists."""
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Known:
    """What is known of the columns of a table from how their cells are written."""

    units: Mapping[str, str] = field(default_factory=dict)
    troubles: Mapping[str, str] = field(default_factory=dict)
    """What a column of texts seems to hold, and why it could not be read so."""
    notations: Mapping[str, Notation] = field(default_factory=dict)


NOTHING_KNOWN: Final = Known()


def from_table(
    frame: pd.DataFrame,
    *,
    recognise: bool = True,
    drop: bool = True,
    types: Mapping[str, GivenType] = NO_TYPES,
    nullable: Collection[str] = (),
    known: Known = NOTHING_KNOWN,
    others: Collection[str] = (),
) -> FeatureTable:
    """The signature of a table; raises `UnsupportedInput` if no column is a feature.

    `recognise` reads dates and booleans from texts. `drop` leaves out columns that a model should not learn from
    (identifiers, constants, copies), with a note for each; without it a column that cannot be a feature is an error.
    `types` are those of columns that are kept, whatever they hold; columns in `nullable` may be null though none is.
    `others` are further columns of the same rows, which are no features: beside `heating`, `heating.kind` is no field
    of a group.
    """
    notes: list[Note] = []
    columns: dict[str, Column] = {}
    names = _names(frame)
    paths = column_paths([*others, *(name for name in names if not (drop and frame[name].isna().all()))])
    for name in names:
        try:
            column = read_as(frame[name], types[name]) if name in types else interpret(frame[name], recognise=recognise)
        except NotAFeature as error:
            if name in types:
                raise UnsupportedInput(f"Column {name!r} {error}, so it is no {types[name]}.") from None
            if not drop:
                raise UnsupportedInput(f"Column {name!r} {error}, which a feature cannot.") from None
            notes.append(Note("dropped", name, f"it {error}"))
            continue
        columns[name] = column
    columns = _useful(columns, notes, known.troubles, types) if drop else columns
    notes += [
        Note("fact" if remark == TEXT else "warning", name, remark)
        for name, column in columns.items()
        if (remark := _remark(name, column, known))
    ]
    if not columns:
        raise UnsupportedInput(f"No column is left to learn from{_reasons(notes)}.")
    columns = _grouped(columns, paths)
    groups = {paths[name][:end] for name in columns for end in range(1, len(paths[name]))}
    left_out = _left_out(notes)
    notes = [note for note in notes if not (note.sentence == EMPTY and column_path(note.column or "") in groups)]
    notes += _whole(columns, paths)
    features = tuple(
        Feature(
            path=paths[name],
            type=column.type,
            nullable=name in nullable or bool(column.values.isna().any()) or _takes_null(known.notations.get(name)),
            unit=known.units.get(name),
            notation=notation_of(frame[name], types.get(name), known.notations.get(name)),
        )
        for name, column in columns.items()
    )
    plain = pd.DataFrame({name: column.values for name, column in columns.items()}, copy=False)
    return FeatureTable(Signature(features=features, left_out=left_out), plain, tuple(notes))


def _names(frame: pd.DataFrame) -> list[str]:
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnsupportedInput(f"Two columns are named {twice[0]!r}; rename one of them.")
    return names


def _takes_null(notation: Notation | None) -> bool:
    return notation is not None and notation.null_means is not None


def _whole(columns: Iterable[str], paths: Mapping[str, Path]) -> Iterator[Note]:
    """What is told of names whose dots make no nesting."""
    for name in columns:
        if paths[name] != column_path(name):
            yield Note("fact", name, "it is no field of a group, as a part of its name is a column, too")


def _grouped(columns: dict[str, Column], paths: Mapping[str, Path]) -> dict[str, Column]:
    """The columns with those of a group together, in the order in which the groups begin, as a class declares them."""
    order: dict[Path, int] = {}
    for name in columns:
        path = paths[name]
        for end in range(1, len(path) + 1):
            order.setdefault(path[:end], len(order))

    def place(name: str) -> list[int]:
        path = paths[name]
        return [order[path[:end]] for end in range(1, len(path) + 1)]

    return {name: columns[name] for name in sorted(columns, key=place)}


def _remark(name: str, column: Column, known: Known) -> str | None:
    if name in known.troubles and column.type in TEXTUAL:
        return (
            f"is read as {'categories' if column.type is FeatureType.CATEGORY else 'text'}: it {known.troubles[name]}"
        )
    return TEXT if column.type is FeatureType.STRING else column.remark


def _useful(
    columns: dict[str, Column], notes: list[Note], troubles: Mapping[str, str], types: Collection[str]
) -> dict[str, Column]:
    """The columns to learn from, each once, and those whose type somebody named."""
    kept: dict[str, Column] = {}
    copied: dict[bytes, str] = {}
    for name, column in columns.items():
        reason = None
        if name not in types:
            reason = _useless(name, column, troubles.get(name)) or _copy_of(name, column, copied)
        if reason:
            notes.append(Note("dropped", name, reason))
        else:
            kept[name] = column
    return kept


def _useless(name: str, column: Column, trouble: str | None) -> str | None:
    present = column.values.dropna()
    distinct = present.nunique()
    if not len(present):
        return EMPTY
    if distinct == 1 and len(present) == len(column.values):
        return "it has the same value in every row"
    if len(present) < FEWEST_TO_JUDGE:
        return None
    if column.type is FeatureType.STRING and not _prose(present):
        return _no_text(present, distinct, trouble)
    if column.type is FeatureType.CATEGORY and distinct >= NEARLY_ALL * len(present):
        return ALL_DIFFER
    if named_like_an_id(name) and distinct >= NEARLY_ALL * len(present) and _are_whole(column):
        return "it looks like an identifier: it is named like one and (nearly) every value is different"
    return None


def _are_whole(column: Column) -> bool:
    """Are these whole numbers? Those beyond 2**53, as identifiers may be, are read as doubles."""
    if column.type is not FeatureType.NUMBER:
        return column.type is FeatureType.INTEGER
    return bool((column.values.dropna() % 1 == 0).all())


def _no_text(present: pd.Series[Any], distinct: int, trouble: str | None) -> str:
    """Why texts with many values, of few words each, are left out."""
    if trouble is not None:
        return f"it {trouble}; mend those cells or leave them empty, to use it"
    if nearly_numbers(present):
        return f"{number_trouble(present)}, to use it"
    if present.str.fullmatch(LIKE_A_DATE).mean() >= NEARLY_ALL:
        return "it looks like dates; --date with their format, as strptime takes it, reads them"
    if distinct >= NEARLY_ALL * len(present):
        return ALL_DIFFER
    return f"it has {distinct} different texts of few words, too many for categories"


def _copy_of(name: str, column: Column, copied: dict[bytes, str]) -> str | None:
    """A reason if an earlier column has the same values; `copied` has the column of each content."""
    if len(column.values) < FEWEST_TO_JUDGE:
        return None
    hashes = pd.util.hash_pandas_object(column.values, index=False).to_numpy()
    first = copied.setdefault(hashlib.sha256(hashes.tobytes()).digest(), name)
    return None if first == name else f"it is a copy of {first!r}"


def _prose(texts: pd.Series[Any]) -> bool:
    """Are these texts of several words, rather than names or codes?"""
    return float(np.mean([text.count(" ") for text in texts.tolist()])) >= BLANKS_OF_TEXT


def _left_out(notes: Iterable[Note]) -> dict[str, str]:
    return {note.column: note.sentence for note in notes if note.kind == "dropped" and note.column is not None}


def _reasons(notes: Iterable[Note]) -> str:
    dropped = [f"{note.column} ({note.sentence})" for note in notes if note.kind == "dropped"]
    return ": " + "; ".join(dropped[:5]) if dropped else ""
