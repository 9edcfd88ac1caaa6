"""A recipe for any table, whose task, input and candidates are inferred from all of its rows and noted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from twinserve.errors import AskedWrongly
from twinserve.metric import Metric, Task
from twinserve.notes import Note
from twinserve.recipes import table_notes
from twinserve.recipes.column_choices import NO_CHOICES, Chosen, ColumnChoices, NoSuchColumn
from twinserve.recipes.decision import BY_PROBABILITY, Decision
from twinserve.recipes.leaks import find_leaks
from twinserve.recipes.named_estimators import candidates, require_estimators
from twinserve.recipes.own_holdout import Written, read_both, require_columns
from twinserve.recipes.predicted import Predicted, predicted, rows_with_targets, target_names
from twinserve.recipes.recipe import IS_TARGET, Recipe, Table
from twinserve.recipes.row_weights import row_weights
from twinserve.recipes.several_outputs import of_several
from twinserve.recipes.split import BY_CLASS, Split
from twinserve.recipes.target import BadTarget
from twinserve.signature.left_out import with_nameless
from twinserve.signature.signature import Signature
from twinserve.signature.sources.from_table import FeatureTable, Known, from_table
from twinserve.signature.sources.given_type import GivenType
from twinserve.signature.sources.read_as import read_as
from twinserve.signature.sources.type_inference import NotAFeature
from twinserve.tables.cells import TYPED, Cells
from twinserve.tables.readers.stacked import with_groups
from twinserve.tables.row_numbers import row_numbers
from twinserve.tables.values import Values, read_values

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

FEWEST_ROWS: Final = 30
COUNTS: Final = "it counts the rows, which says nothing of them"


@dataclass(frozen=True)
class TableOptions:
    """The options that a person gave for the table."""

    target: str
    """A column, or several as `a,b`."""
    task: Task | None = None
    metric: str | Metric | None = None
    keep_leaks: bool = False
    split: Split = BY_CLASS
    holdout: pd.DataFrame | None = None
    """Rows of one's own that are the hold-out, in a table of the same columns."""
    columns: ColumnChoices = NO_CHOICES
    estimators: tuple[str, ...] = ()
    """The class names of the candidates; none is the usual ones."""
    decision: Decision = BY_PROBABILITY
    cells: Cells = TYPED
    """How the cells of the table are written."""
    holdout_cells: Cells | None = None
    """How those of the hold-out are; None: as the table's."""
    more_targets: tuple[str, ...] = ()
    """Columns that are predicted beside `target`."""

    def __post_init__(self) -> None:
        """Raise `AskedWrongly` for an unknown task, and for two hold-outs."""
        if self.task not in (None, "classification", "regression"):
            raise AskedWrongly(f"task is 'classification' or 'regression', not {self.task!r}.")
        if self.holdout is not None and self.split != BY_CLASS:
            raise AskedWrongly("--holdout names the rows that are held out, so --time, --group and --stratify cannot.")

    def targets_among(self, columns: Sequence[str]) -> tuple[str, ...]:
        """The columns that are predicted, in a table of these."""
        return target_names((self.target, *self.more_targets), columns)


def table_recipe(name: str, frame: pd.DataFrame, options: TableOptions, source: str) -> Recipe:
    """The recipe that learns one column of a table, or several, from the others.

    Raises `NoSuchColumn`, `BadTarget`, `BadWeight` or `UnsupportedInput`.
    """
    if options.holdout is not None:
        frame = with_groups(frame, options.holdout.columns)
        options = replace(options, holdout=with_groups(options.holdout, frame.columns))
    learned = len(frame)
    names = [str(name) for name in frame.columns]
    wanted = options.targets_among(names)
    read, chosen = _read(frame, options, wanted)
    frame = read.frame
    try:
        known = rows_with_targets(frame, wanted)
    except NoSuchColumn as error:
        raise NoSuchColumn(" ".join([str(error), *table_notes.of_reading(options.cells)])) from None
    if len(known) < FEWEST_ROWS:
        raise BadTarget(f"The table has {len(known)} rows with a target; training needs at least {FEWEST_ROWS}.")
    found = predicted(known, wanted, options.task)
    task, target = found.task, found.target
    require_estimators(options.estimators, found.each)
    options.decision.require_for(sorted(set(target)) if task == "classification" else None, task)
    given = known.drop(columns=list(wanted))
    held_out = None
    if options.holdout is not None:
        held_out = (np.arange(len(frame)) >= learned)[frame[list(wanted)].notna().all(axis=1).to_numpy()]
    counting = _counting(frame.iloc[:learned], {*wanted, options.split.group, *chosen.aside}, chosen.types)
    aside = {**dict.fromkeys(counting, COUNTS), **_aside(chosen, options.split.group)}
    features = given.drop(columns=[name for name in given.columns if str(name) in aside])
    understood = Known(read.units, read.troubles, read.notations)
    others = [*wanted, *aside]
    nullable = {*chosen.nullable, *_null_without_target(frame, wanted)}
    table = from_table(features, types=chosen.types, nullable=nullable, known=understood, others=others)
    weights = None if chosen.weight is None else row_weights(given[chosen.weight])
    learning = len(known) if held_out is None else int((~held_out).sum())
    leaks: dict[str, str] = {}
    for column in found.columns:
        leaks = {**find_leaks(table.frame, table.signature, column, found.each), **leaks}
    kept = table if options.keep_leaks else _without(table, leaks)
    signature = _with_others(kept.signature, names, {**aside, **dict.fromkeys(wanted, IS_TARGET)})
    notes = (
        *table_notes.of_rows(frame, known, ", ".join(wanted), held_out),
        *table_notes.of_task(found, guessed=options.task is None),
        *table_notes.of_many_rows(learning),
        *table_notes.of_values(read, wanted[0], chosen),
        *table_notes.of_aside(chosen, options.split.group),
        *(Note("dropped", name, COUNTS) for name in counting),
        *table.notes,
        *table_notes.of_digits(kept, chosen),
        *table_notes.of_leaks(leaks, kept=options.keep_leaks),
        *table_notes.of_separating(kept, target, task),
    )
    return Recipe(
        name=name,
        task=task,
        input=signature,
        load=lambda: Table(kept.frame, target, source, with_dates(given, chosen.types), held_out, weights),
        candidates=lambda seed: _candidates(found, options.estimators, kept.signature, seed, learning),
        metric=options.metric or found.metric,
        intended_use=(
            f"Predicts {found.told} for rows like those of {source}. No intended use was stated; "
            "state it in a recipe of your own before others rely on this model."
        ),
        split=options.split,
        decision=options.decision,
        notes=notes,
    )


def _candidates(
    found: Predicted, names: Sequence[str], signature: Signature, seed: int, rows: int
) -> Mapping[str, Pipeline]:
    made = candidates(names, signature, found.each, seed, rows)
    return of_several(made) if found.is_several else made


def with_dates(given: pd.DataFrame, types: Mapping[str, GivenType]) -> pd.DataFrame:
    """The rows with the dates of a named format as dates: rows can be divided by time, which a text does not tell."""
    read: dict[str, pd.Series[Any]] = {}
    for name, kind in types.items():
        with suppress(NotAFeature):  # It is refused where it is read as a feature.
            if kind.format is not None and name in given:
                read[name] = read_as(given[name], kind).values
    return given.assign(**read)


def _read(frame: pd.DataFrame, options: TableOptions, wanted: Sequence[str]) -> tuple[Values, Chosen]:
    """The rows, those of a hold-out after the table's, with their cells read, and what is said of the columns."""
    names = [str(name) for name in frame.columns]
    chosen = options.columns.among(names, decimal_comma=options.cells.decimal_comma)
    if options.holdout is not None:
        require_columns(frame, options.holdout, wanted)
    for target in wanted:
        chosen.require_apart(target, options.split)
    if options.holdout is None:
        return read_values(frame, options.cells, chosen.literal), chosen
    holdout = Written(options.holdout, options.holdout_cells or options.cells)
    return read_both(Written(frame, options.cells), holdout, chosen, wanted[0]), chosen


def _aside(chosen: Chosen, group: str | None) -> dict[str, str]:
    """Why a column is no feature, where somebody said so."""
    return {**chosen.left_out, **({} if group is None else {group: table_notes.IS_GROUP})}


def _null_without_target(frame: pd.DataFrame, wanted: Sequence[str]) -> list[str]:
    """The columns that are null in rows without a target: people ask for the targets of just these rows."""
    rows = frame[frame[list(wanted)].isna().any(axis=1)]
    return [str(name) for name in rows.columns if name not in wanted and rows[name].isna().any()]


def _counting(frame: pd.DataFrame, others: Collection[str | None], types: Collection[str]) -> Sequence[str]:
    """The columns that count the rows, but for those with a type; none if there is nothing else to learn from."""
    columns = {str(name) for name in frame.columns} - set(others)
    counting = [name for name in row_numbers(frame) if name in columns and name not in types]
    return counting if len(counting) < len(columns) else []


def _without(table: FeatureTable, leaks: dict[str, str]) -> FeatureTable:
    features = tuple(feature for feature in table.signature.features if feature.name not in leaks)
    if not features:
        raise BadTarget("Every column repeats the target; --keep-leaks trains on them nevertheless.")
    left_out = {**table.signature.left_out, **leaks}
    signature = Signature(features=features, left_out=left_out)
    return FeatureTable(signature, table.frame.drop(columns=list(leaks)), table.notes)


def _with_others(signature: Signature, names: Sequence[str], others: dict[str, str]) -> Signature:
    """The signature with further columns that are left out, all in the order of the table."""
    why = {**signature.left_out, **others}
    left_out = {name: why[name] for name in names if name in why}
    return signature.model_copy(update={"left_out": left_out if "" in names else with_nameless(left_out)})
