"""What the report says of a table: its rows, what its cells mean, what is left out, what repeats the target."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from twinserve.arrays import BoolArray
from twinserve.metric import Task
from twinserve.notes import Note
from twinserve.recipes.column_choices import Chosen
from twinserve.recipes.leaks import separating
from twinserve.recipes.pipelines import MANY_ROWS
from twinserve.recipes.predicted import Predicted
from twinserve.recipes.row_hashes import row_hashes
from twinserve.signature.signature import TEXTUAL, FeatureType
from twinserve.signature.sources.from_table import FeatureTable
from twinserve.tables.cells import Cells
from twinserve.tables.values import Values

FEWEST_DATES: Final = 3
"""Fewer different numbers may look like dates by chance."""
RARE: Final = 0.2
"""The target is imbalanced if a class has a smaller proportion than this."""
IS_GROUP: Final = "it names the group of a row"


def of_reading(cells: Cells) -> Iterator[str]:
    """Sentences on how the file was read, which may be why a column is not there."""
    yield from (f"{note.sentence[0].upper()}{note.sentence[1:]}." for note in cells.notes)


def of_values(read: Values, target: str, chosen: Chosen) -> Iterator[Note]:
    """What was read how, and what of the target could not be."""
    no_texts = {name for name, given in chosen.types.items() if given.type not in TEXTUAL}
    yield from (note for note in read.notes if note.kind == "fact" or note.column not in no_texts)
    if target in read.troubles:
        yield Note("warning", target, f"it {read.troubles[target]}")


def of_aside(chosen: Chosen, group: str | None) -> Iterator[Note]:
    """The columns that somebody left out."""
    for name, choice in chosen.aside.items():
        if name != group:
            yield Note("dropped", name, f"{chosen.left_out[name]} (--{choice})")
    if group is not None:
        yield Note("dropped", group, f"{IS_GROUP} (--group)")


def of_rows(frame: pd.DataFrame, known: pd.DataFrame, target: str, held_out: BoolArray | None) -> Iterator[Note]:
    """Rows without a target, and copies; `held_out`: which of the rows with a target are a hold-out of one's own."""
    if missing := len(frame) - len(known):
        have = "1 row has no target and was" if missing == 1 else f"{missing} rows have no target and were"
        yield Note("warning", target, f"{have} left out")
    hashes = row_hashes(known)
    if held_out is not None:
        shared = int(np.isin(hashes[held_out], hashes[~held_out]).sum())
        if shared:
            told = f"{shared} of the {int(held_out.sum())} rows held out are among those to learn from"
            yield Note("warning", None, f"{told}, so the figures are too good; take them out of one of the tables")
        return
    twice = int(pd.Series(hashes).duplicated().sum())
    if twice:
        are = "1 row is a copy of another" if twice == 1 else f"{twice} rows are copies of others"
        yield Note("warning", None, f"{are}; a copy may be held out while another is learned from")


def of_task(found: Predicted, *, guessed: bool) -> Iterator[Note]:
    """What is predicted, and how rare the rarest class is."""
    task, target = found.task, found.target
    how = "guessed from the target; --task overrides" if guessed else "as given by --task"
    if found.is_several:
        yield Note("fact", None, f"{task}: a {found.each} of each of {', '.join(found.names)}, {how}")
        return
    if task == "regression":
        yield Note("fact", None, f"regression, {how}")
        return
    proportions = target.value_counts(normalize=True)
    yield Note("fact", None, f"classification into {len(proportions)} classes, {how}")
    if proportions.iloc[-1] < RARE:
        yield Note("fact", None, f"imbalanced: {proportions.index[-1]!r} is {proportions.iloc[-1]:.1%} of the rows")


def of_many_rows(rows: int) -> Iterator[Note]:
    """What is done where there are many rows."""
    if rows > MANY_ROWS:
        yield Note(
            "fact",
            None,
            f"many rows: boosted trees come first, candidates learn from at most {MANY_ROWS:,} of them while they are "
            "compared, and a tree of a forest from fewer; the best candidate is fitted on all",
        )


def of_digits(table: FeatureTable, chosen: Chosen) -> Iterator[Note]:
    """Whole numbers that look like dates, whether they were read as such, and the option that changes it."""
    for feature in table.signature.features:
        name, given = feature.name, chosen.types.get(feature.name)
        if feature.type is FeatureType.INTEGER and given is None:
            form = _form_of_digits(table.frame[name])
            if form is not None:
                date = shlex.quote(f"{name}={form}")
                yield Note(
                    "warning", name, f"its numbers look like dates of the form {form}: --date {date} reads them so"
                )
        elif feature.notation is not None and feature.notation.form == "date in digits" and given is not None:
            told = f"its numbers are read as dates of the form {feature.notation.format}"
            guessed = f"; --number {shlex.quote(name)} reads numbers" if given.format is None else ""
            yield Note("fact", name, told + guessed)


def _form_of_digits(values: pd.Series[Any]) -> str | None:
    """`%Y%m%d` or `%Y%m` where every number is such a date of the years 1900 to 2100, and three at least differ."""
    distinct = np.unique(values.dropna().to_numpy(dtype=np.float64))
    if len(distinct) < FEWEST_DATES:
        return None
    for form, first, last in (("%Y%m%d", 19000101, 21001231), ("%Y%m", 190001, 210012)):
        if first <= distinct[0] and distinct[-1] <= last:
            texts = pd.Series(distinct.astype(np.int64)).astype(str)
            return form if pd.to_datetime(texts, format=form, errors="coerce").notna().all() else None
    return None


def of_leaks(leaks: dict[str, str], *, kept: bool) -> Iterator[Note]:
    """Columns that repeat the target."""
    for name, sentence in leaks.items():
        what = "kept because of --keep-leaks" if kept else "left out; --keep-leaks keeps it"
        yield Note("leak", name, f"{sentence}: {what}")


def of_separating(kept: FeatureTable, target: pd.Series[Any], task: Task) -> Iterator[Note]:
    """Columns that alone tell the classes apart."""
    for name in separating(kept.frame, kept.signature, target) if task == "classification" else []:
        yield Note(
            "leak",
            name,
            "it alone separates the two classes in every row: kept; make sure that it is known before the prediction",
        )
