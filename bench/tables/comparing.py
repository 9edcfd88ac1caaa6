"""Compare what a training chooses with other libraries' defaults, on the same divisions of the same rows."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit
from threadpoolctl import threadpool_limits

from bench.tables.catalog import PublicTable
from bench.tables.results import Compared, PairedSplit
from bench.tables.rivals import OURS, RIVALS, predictions, usual_frame
from twinserve.arrays import BoolArray, IntArray
from twinserve.evaluate.metrics import score
from twinserve.recipes import Recipe, Table
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.signature import Signature
from twinserve.signature.frames import to_frame
from twinserve.tables.files import read
from twinserve.tables.formats import Reading
from twinserve.training.data import Data, split
from twinserve.training.fit import Fitted, fit

SPLITS: Final = 10
HELD_OUT: Final = 0.2
FEWEST_OF_A_CLASS: Final = 10
"""A class of fewer rows is left out here: some division would have none of it on a side."""
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Rows:
    """What is compared: the table's recipe, and its rows as the recipe has them."""

    recipe: Recipe
    table: Table
    signature: Signature


def compared(table: PublicTable, path: Path, splits: int, tell: Tell) -> Compared:
    """The scores of the training's model and of its rivals on each division."""
    rows = _rows(table, path)
    begun = time.monotonic()
    frame = usual_frame(rows.table.features, rows.signature)
    found = []
    for place, held_out in enumerate(_divisions(rows, splits), start=1):
        data = split(rows.recipe, replace(rows.table, held_out=held_out))
        started = time.monotonic()
        fitted = fit(rows.recipe, data, seed=0, progress=lambda _: None)
        seconds = time.monotonic() - started
        scores = {OURS: _score(rows.recipe, data, data.target.read(fitted.pipeline, _held_out(data)))}
        for name in RIVALS:
            with warnings.catch_warnings(), threadpool_limits(limits=1):
                warnings.simplefilter("ignore")
                answers = predictions(name, rows.recipe.task, frame, data.everything.y_true, held_out)
            scores[name] = _score(rows.recipe, data, answers)
        found.append(PairedSplit(_chosen(fitted), scores, round(seconds, 2)))
        tell(f"{table.name} {place}: {_line(found[-1])}")
    columns = len(rows.signature.features)
    taken = round(time.monotonic() - begun, 1)
    return Compared(table.name, str(rows.recipe.metric), len(rows.table.target), columns, HELD_OUT, found, taken)


def _rows(table: PublicTable, path: Path) -> Rows:
    """The recipe that the training makes for the whole table, and a part of its rows."""
    frame, cells = read([str(path)], Reading(), sys.stdin.buffer)
    recipe = table_recipe(table.name, frame, TableOptions(table.target, cells=cells), path.name)
    if not isinstance(recipe.input, Signature):
        raise TypeError("The recipe of a table has its signature.")
    rows = recipe.load()
    kept = np.arange(len(rows.target))
    if len(kept) > table.rows:
        kept = np.sort(np.random.default_rng(0).choice(kept, table.rows, replace=False))
    if recipe.task == "classification":
        target = rows.target.iloc[kept]
        kept = kept[(target.map(target.value_counts()) >= FEWEST_OF_A_CLASS).to_numpy()]
    return Rows(recipe, _taken(rows, kept), recipe.input)


def _taken(rows: Table, places: IntArray) -> Table:
    given = rows.features if rows.given is None else rows.given
    features, given = (frame.iloc[places].reset_index(drop=True) for frame in (rows.features, given))
    return replace(rows, features=features, target=rows.target.iloc[places].reset_index(drop=True), given=given)


def _divisions(rows: Rows, splits: int) -> Iterator[BoolArray]:
    """The rows that are held out, once for each division; of classes each gives its share."""
    classify = rows.recipe.task == "classification"
    kind = StratifiedShuffleSplit if classify else ShuffleSplit
    count = len(rows.table.target)
    divided = kind(splits, test_size=HELD_OUT, random_state=0)
    for _, places in divided.split(np.zeros(count), rows.table.target if classify else None):
        held_out = np.zeros(count, dtype=bool)
        held_out[places] = True
        yield held_out


def _held_out(data: Data) -> Any:
    return to_frame(data.holdout.columns, data.signature)


def _score(recipe: Recipe, data: Data, answers: Any) -> float:
    return float(score(recipe.metric, data.holdout.y_true, answers))


def _chosen(fitted: Fitted) -> str:
    return " + ".join([fitted.name, *(choice.what for choice in fitted.choices if choice.kept)])


def _line(found: PairedSplit) -> str:
    scores = ", ".join(f"{name} {value:.4g}" for name, value in found.scores.items())
    return f"{found.chosen} in {found.seconds:.1f} s; {scores}"
