"""A signature from a table: dotted column names become nested fields, and all rows decide their types."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from twinserve.errors import UnsupportedInput
from twinserve.notes import Note
from twinserve.signature.left_out import column_path
from twinserve.signature.signature import TEXTUAL, Feature, FeatureType, Path, Signature
from twinserve.signature.sources.given_type import GivenType
from twinserve.signature.sources.read_as import read_as
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

NO_TYPES: Final[Mapping[str, GivenType]] = MappingProxyType({})


@dataclass(frozen=True)
class FeatureTable:
    """A table in which every column is a feature, with its signature."""

    signature: Signature
    frame: pd.DataFrame
    """The columns of the features in signature order, in the dtypes that `type_inference` lists."""
    notes: tuple[Note, ...]


def from_table(
    frame: pd.DataFrame,
    *,
    recognise: bool = True,
    drop: bool = True,
    types: Mapping[str, GivenType] = NO_TYPES,
    nullable: Collection[str] = (),
) -> FeatureTable:
    """The signature of a table; raises `UnsupportedInput` if no column is a feature.

    `recognise` reads dates and booleans from texts. `drop` leaves out columns that a model should not learn from
    (identifiers, constants, free text), with a note for each; without it a column that cannot be a feature is an error.
    `types` are those of columns that are kept, whatever they hold; columns in `nullable` may be null though none is,
    but for free text.
    """
    notes: list[Note] = []
    columns: dict[str, Column] = {}
    names = _names(frame)
    _require_value_or_group([name for name in names if not (drop and frame[name].isna().all())])
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
        notes += [Note("warning", name, column.remark)] if column.remark else []
        columns[name] = column
    if drop:
        columns = _useful(columns, notes, types)
    if not columns:
        raise UnsupportedInput(f"No column is left to learn from{_reasons(notes)}.")
    columns = _grouped(columns)
    features = tuple(_feature(column_path(name), column, nullable=name in nullable) for name, column in columns.items())
    plain = pd.DataFrame({name: column.values for name, column in columns.items()}, copy=False)
    return FeatureTable(Signature(features=features, left_out=_left_out(notes)), plain, tuple(notes))


def _names(frame: pd.DataFrame) -> list[str]:
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnsupportedInput(f"Two columns are named {twice[0]!r}; rename one of them.")
    return names


def _require_value_or_group(names: Sequence[str]) -> None:
    """Refuse a column that would be both a value and a group of other columns, which no instance can hold."""
    paths = {column_path(name): name for name in names}
    for path, name in paths.items():
        for end in range(1, len(path)):
            if path[:end] in paths:
                raise UnsupportedInput(
                    f"Column {paths[path[:end]]!r} would be a value and, as there is {name!r}, a group, too; "
                    "rename one of them."
                )


def _grouped(columns: dict[str, Column]) -> dict[str, Column]:
    """The columns with those of a group together, in the order in which the groups begin, as a class declares them."""
    order: dict[Path, int] = {}
    for name in columns:
        path = column_path(name)
        for end in range(1, len(path) + 1):
            order.setdefault(path[:end], len(order))

    def place(name: str) -> list[int]:
        path = column_path(name)
        return [order[path[:end]] for end in range(1, len(path) + 1)]

    return {name: columns[name] for name in sorted(columns, key=place)}


def _feature(path: Path, column: Column, *, nullable: bool) -> Feature:
    null = bool(column.values.isna().any()) or (nullable and column.type is not FeatureType.STRING)
    return Feature(path=path, type=column.type, nullable=null)


def _useful(columns: dict[str, Column], notes: list[Note], types: Collection[str]) -> dict[str, Column]:
    """The columns to learn from; free text only if there are no others, or if somebody named its type."""
    kept: dict[str, Column] = {}
    texts: dict[str, Column] = {}
    for name, column in columns.items():
        reason = None if name in types else _useless(name, column)
        if reason:
            notes.append(Note("dropped", name, reason))
        elif column.type is FeatureType.STRING and name not in types:
            texts[name] = column
        else:
            kept[name] = column
    notes += [_slow(name) for name, column in kept.items() if column.type is FeatureType.STRING]
    if kept:
        notes += [Note("dropped", name, "it is free text, and other columns are there to learn from") for name in texts]
        return kept
    notes += [_slow(name) for name in texts]
    return {name: Column(column.type, column.values.fillna("")) for name, column in texts.items()}


def _slow(name: str) -> Note:
    return Note("warning", name, "it is free text, so scikit-learn itself will serve this model")


def _useless(name: str, column: Column) -> str | None:
    present = column.values.dropna()
    distinct = present.nunique()
    if not len(present):
        return "it is empty"
    if distinct == 1 and len(present) == len(column.values):
        return "it has the same value in every row"
    if len(present) < FEWEST_TO_JUDGE:
        return None
    if column.type is FeatureType.STRING and nearly_numbers(present):
        return f"{number_trouble(present)}, to use it"
    if column.type in TEXTUAL and distinct >= NEARLY_ALL * len(present):
        return None if _prose(present) else "it looks like an identifier: (nearly) every value is different"
    if column.type is FeatureType.INTEGER and distinct >= NEARLY_ALL * len(present) and named_like_an_id(name):
        return "it looks like an identifier: it is named like one and (nearly) every value is different"
    return None


def _prose(texts: pd.Series[Any]) -> bool:
    """Are these texts of several words, rather than names or codes?"""
    return float(np.mean([text.count(" ") for text in texts.tolist()])) >= 3


def _left_out(notes: Iterable[Note]) -> dict[str, str]:
    return {note.column: note.sentence for note in notes if note.kind == "dropped" and note.column is not None}


def _reasons(notes: Iterable[Note]) -> str:
    dropped = [f"{note.column} ({note.sentence})" for note in notes if note.kind == "dropped"]
    return ": " + "; ".join(dropped[:5]) if dropped else ""
