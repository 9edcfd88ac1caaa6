"""Two tables, of which one is the hold-out, read so that a value means the same in both, however each is written."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd
from pandas.api import types as dtypes

from twinserve.errors import AskedWrongly
from twinserve.notes import Note
from twinserve.recipes.column_choices import Chosen, NoSuchColumn
from twinserve.recipes.target import BadTarget
from twinserve.signature.signature import NUMERIC, TEMPORAL, FeatureType
from twinserve.signature.sources.given_type import GivenType
from twinserve.signature.sources.read_as import read_as
from twinserve.signature.sources.type_inference import NotAFeature, interpret
from twinserve.tables.cells import Cells
from twinserve.tables.null_words import is_null_word
from twinserve.tables.readers.stacked import stacked
from twinserve.tables.values import Values, read_values

NUMBERS: Final = "numbers"
DATES: Final = "dates"
BOOLEANS: Final = "booleans"
TEXTS: Final = "texts"
OTHERS: Final = "values of several kinds"


class HoldoutDiffers(AskedWrongly):
    """A column of the hold-out cannot be read as the table's."""


@dataclass(frozen=True)
class Written:
    """A table and how its cells are written."""

    frame: pd.DataFrame
    cells: Cells


def require_columns(table: pd.DataFrame, holdout: pd.DataFrame, wanted: Sequence[str]) -> None:
    """Raise `NoSuchColumn` where the hold-out lacks a column of the table, `BadTarget` where none has a target."""
    missing = [str(name) for name in table.columns if name not in holdout.columns]
    if missing:
        raise NoSuchColumn(f"The rows of --holdout have no column {missing[0]!r}, which the table has.")
    if any(target in holdout and not holdout[target].notna().any() for target in wanted):
        raise BadTarget("No row of --holdout has a target, so nothing can be judged on them.")


def read_both(table: Written, holdout: Written, chosen: Chosen, target: str) -> Values:
    """The rows of both, the table's first, with their cells read; raises `HoldoutDiffers`.

    All rows decide together, but where the table alone is understood and both are not: there each is read by itself.
    """
    held_out = _in_given_formats(replace(holdout, frame=holdout.frame[list(table.frame.columns)]), chosen.types)
    typed = table.cells.typed and holdout.cells.typed
    both = stacked([table.frame, held_out.frame], typed=typed)
    together = read_values(both, replace(table.cells, typed=typed), chosen.literal)
    together.notes += [Note("fact", None, f"--holdout: {note.sentence}") for note in holdout.cells.notes]
    first, second = (read_values(one.frame, one.cells, chosen.literal) for one in (table, held_out))
    alike = table.cells.decimal_comma == holdout.cells.decimal_comma
    unread = {*chosen.literal, *(name for name, choice in chosen.aside.items() if choice != "weight")}
    columns: dict[Any, pd.Series[Any]] = {}
    for name in both.columns:
        kind, other = _kind(first.frame[name]), _kind(second.frame[name])
        given = chosen.types.get(str(name))
        is_number = given is not None and given.type is FeatureType.NUMBER
        is_settled = kind == _kind(together.frame[name]) and (alike or kind != NUMBERS)
        is_as_written = kind in (None, TEXTS) and (alike or not is_number)
        if is_settled or is_as_written or str(name) in unread or (is_number and alike):
            continue
        if other not in (None, kind) or not _same_unit(first.units.get(name), second.units.get(name)):
            cure = "" if name == target else _cure(str(name), kind)
            differ = _difference(str(name), _named(kind, first, name), _named(other, second, name), second)
            raise HoldoutDiffers(differ + cure)
        columns[name] = pd.concat([_plain(first.frame[name]), _plain(second.frame[name])], ignore_index=True)
        _take_notes(str(name), together, first, second)
    return replace(together, frame=together.frame.assign(**columns)) if columns else together


def _kind(values: pd.Series[Any]) -> str | None:
    """What a column holds; None where every value is null, or a word for it."""
    present = values.dropna()
    if all(isinstance(value, str) and is_null_word(value) for value in present.unique().tolist()):
        return None
    try:
        kind = interpret(values, recognise=True).type
    except NotAFeature:
        return OTHERS
    if kind is FeatureType.BOOLEAN:
        return BOOLEANS
    return NUMBERS if kind in NUMERIC else DATES if kind in TEMPORAL else TEXTS


def _plain(values: pd.Series[Any]) -> pd.Series[Any]:
    """The values as a column of numbers, dates or booleans, whatever they were written as."""
    if dtypes.is_numeric_dtype(values.dtype):
        return values  # Whole numbers stay so.
    column = interpret(values, recognise=True)
    return column.values.astype("boolean") if column.type is FeatureType.BOOLEAN else column.values


def _same_unit(one: str | None, other: str | None) -> bool:
    """Is it the same unit? A currency may be left out; a percent sign and a time of day may not."""
    if one == other:
        return True
    return None in (one, other) and not any(unit == "%" or (unit or "").startswith("seconds") for unit in (one, other))


def _named(kind: str | None, read: Values, name: str) -> str:
    unit = read.units.get(name)
    return f"{kind or 'nothing'}{'' if unit is None else f' ({unit})'}"


def _difference(name: str, kind: str, other: str, second: Values) -> str:
    trouble = f" (it {second.troubles[name]})" if name in second.troubles else ""
    return f"Column {name!r} holds {kind} in the table and {other} in --holdout{trouble}. Write both alike."


def _cure(name: str, kind: str | None) -> str:
    quoted = shlex.quote(name)
    null = f"; --number {quoted} takes what is no number as null" * (kind == NUMBERS)
    return f" Or say what the column is: --category {quoted} takes both as they are written{null}."


def _take_notes(name: str, together: Values, first: Values, second: Values) -> None:
    """What is known of a column that was read in each table by itself: the table's."""
    parts: list[Callable[[Values], dict[str, Any]]] = [lambda v: v.units, lambda v: v.notations, lambda v: v.troubles]
    for part in parts:
        part(together).pop(name, None)
        part(together).update({key: value for key, value in part(first).items() if key == name})
    own = [note for note in first.notes if note.column == name]
    others = [note for note in second.notes if note.column == name]
    told = [replace(note, sentence=f"in --holdout {note.sentence}") for note in others]
    if own and not told:
        told = [Note("fact", name, "in --holdout its values are plain")]
    together.notes[:] = [*(note for note in together.notes if note.column != name), *own, *told]


def _in_given_formats(holdout: Written, types: Mapping[str, GivenType]) -> Written:
    """The hold-out with the dates of a named format in this format, where it has them in another one."""
    return replace(holdout, frame=holdout.frame.assign(**dict(_reformatted(holdout, types))))


def _reformatted(holdout: Written, types: Mapping[str, GivenType]) -> Iterator[tuple[str, pd.Series[Any]]]:
    for name, given in types.items():
        if given.format is None or _reads(holdout.frame[name], given):
            continue
        values = read_values(holdout.frame[[name]], holdout.cells).frame[name]
        if _kind(values) == DATES:
            yield name, interpret(values, recognise=True).values.dt.strftime(given.format)
        elif _kind(values) is not None:
            raise HoldoutDiffers(
                f"Column {name!r} of --holdout has dates in another form than --date says, which cannot be read; write "
                f"them as {given.format} or as YYYY-MM-DD."
            )


def _reads(values: pd.Series[Any], given: GivenType) -> bool:
    try:
        return read_as(values, given).remark is None
    except NotAFeature:
        return False
