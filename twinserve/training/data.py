"""A recipe's rows as columns: the training rows and the hold-out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinserve.arrays import BoolArray, FloatArray, IntArray
from twinserve.errors import AskedWrongly, CannotTrain
from twinserve.metric import Metric, metric_of
from twinserve.notes import Note
from twinserve.predict.targets.target import Target
from twinserve.recipes import Recipe, Table
from twinserve.recipes.split import BY_CLASS, Split
from twinserve.signature import Columns, Signature
from twinserve.signature.frames import from_frame
from twinserve.signature.sources.agreement import require_agreement
from twinserve.signature.sources.from_pydantic import from_pydantic
from twinserve.signature.sources.training_profile import observe
from twinserve.training.encoded import encoded, learned, require_metric, some_rows
from twinserve.training.holdout import held_out_rows
from twinserve.training.target_codes import enough_rows

if TYPE_CHECKING:
    import pandas as pd

FOLDS: Final = 5


@dataclass(frozen=True)
class Rows:
    """The rows of one side of the split."""

    columns: Columns
    y_true: FloatArray
    """Class codes or values, `[n]`, or `[n, targets]` of several; NaN where nothing is known."""
    weights: FloatArray | None = None
    """The weight of each row, `[n]`; None: all weigh the same."""

    def take(self, places: IntArray) -> Rows:
        """Some of the rows."""
        weights = None if self.weights is None else self.weights[places]
        return Rows(self.columns.take(places.tolist()), self.y_true[places], weights)

    def __len__(self) -> int:
        return len(self.y_true)


@dataclass(frozen=True)
class Data:
    """The rows that a training works on, with their signature and classes."""

    source: str
    signature: Signature
    target: Target
    train: Rows
    holdout: Rows
    everything: Rows
    notes: tuple[Note, ...] = ()
    """What was left out of the table and why, for the person who trains."""
    held_out: BoolArray | None = None
    """Which of `everything` is the hold-out, `[n]`."""
    given: pd.DataFrame | None = None
    """The rows of `everything` with all columns of the table but the target; None for an estimator fitted elsewhere."""
    split: Split = BY_CLASS
    own_holdout: bool = False
    """Did the recipe itself name the rows of the hold-out?"""
    weight: str | None = None
    """The column that weighs the rows."""

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The labels, where a row has one of several."""
        return self.target.classes

    @property
    def sides(self) -> tuple[Columns, Columns]:
        """The features of the training rows and of the hold-out."""
        return self.train.columns, self.holdout.columns

    def target_of(self, rows: Rows) -> Any:
        """What a pipeline is fitted on: the labels of these rows, or their values, `[n]`, or `[n, targets]` of several;
        None for an anomaly detector."""
        return learned(self.target, rows.y_true)


def split(recipe: Recipe, table: Table) -> Data:
    """Divide a table into training rows and hold-out; the signature's `seen` comes from the rows that what serves is
    fitted on: the training rows, or all where the recipe is refitted.

    Raises `CannotTrain` where there are too few rows, `Disagreement` where the table does not fit `recipe.input`, and
    `AskedWrongly` where its classes do not fit the recipe's decision.
    """
    declared = declared_input(recipe, table)
    if not len(table.features):
        raise CannotTrain("The table has no rows.")
    require_agreement(declared, table.features, exact=False)
    given = table.features if table.given is None else table.given
    target, y_true = encoded(recipe.task, table.target, len(table.features))
    require_metric(recipe.metric, target, y_true)
    held_out = table.held_out
    if held_out is None:
        held_out = held_out_rows(given, strata(target.classes, y_true), recipe.split)
    kept, notes = enough_rows(target.classes, y_true, held_out)
    features, held_out = table.features[kept], held_out[kept]
    target, y_true = encoded(recipe.task, some_rows(table.target, kept), int(kept.sum()))
    recipe.decision.require_for(target.classes, target.task)
    signature = observe(declared, features if recipe.refit else features[~held_out])
    weights = None if table.weights is None else table.weights.to_numpy(dtype=np.float64)[kept]
    if weights is not None:
        require_weighable(recipe.metric)
    rows = Rows(from_frame(features, signature), y_true, weights)
    data = divide(table.source, rows, signature, target, held_out)
    own = table.held_out is not None
    weight = None if table.weights is None else str(table.weights.name)
    return noted(replace(data, given=given[kept], split=recipe.split, own_holdout=own, weight=weight), notes)


def require_weighable(metric: str | Metric) -> None:
    """Raise `AskedWrongly` for a metric that is given no weights."""
    if metric_of(metric).function is not None:
        raise AskedWrongly("A metric of one's own is given no weights; leave out the weights, or name another metric.")


def declared_input(recipe: Recipe, table: Table) -> Signature:
    """The input contract with the columns that the table left out."""
    if isinstance(recipe.input, Signature):
        return recipe.input
    declared = from_pydantic(recipe.input)
    features = tuple(
        feature.model_copy(update={"notation": table.notations.get(feature.name)}) for feature in declared.features
    )
    return declared.model_copy(update={"features": features, "left_out": dict(table.left_out)})


def strata(classes: tuple[str, ...] | None, y_true: FloatArray) -> IntArray:
    """The class of each row, `[n]`, of which each gives its share to the hold-out; all 0 for values."""
    return (np.zeros(len(y_true)) if classes is None else y_true).astype(np.int64)


def noted(data: Data, notes: Iterable[Note]) -> Data:
    """The same data with more notes."""
    return replace(data, notes=(*data.notes, *notes))


def divide(source: str, rows: Rows, signature: Signature, target: Target, held_out: BoolArray) -> Data:
    """Divide rows by a mask; raises `CannotTrain` where a side has too few rows, lacks a class or weighs nothing."""
    data = Data(
        source=source,
        signature=signature,
        target=target,
        train=rows.take(np.flatnonzero(~held_out)),
        holdout=rows.take(np.flatnonzero(held_out)),
        everything=rows,
        held_out=held_out,
    )
    _require_enough(data)
    return data


def _require_weighing(classes: tuple[str, ...], rows: Rows, weights: FloatArray, side: str) -> None:
    together = np.bincount(rows.y_true.astype(int), weights, minlength=len(classes))
    here = set(rows.y_true.astype(int).tolist())
    for code, label in enumerate(classes):
        if code in here and not together[code]:
            raise CannotTrain(f"Every row of the class {label!r} on the {side} side weighs 0; give more rows of it.")


def _require_enough(data: Data) -> None:
    for side, rows in (("training", data.train), ("hold-out", data.holdout)):
        if not len(rows):
            raise CannotTrain(f"No row fell on the {side} side; give more rows.")
        if rows.weights is not None and not rows.weights.any():
            raise CannotTrain(f"Every row on the {side} side weighs 0; give more rows.")
        if rows.weights is not None and data.classes is not None:
            _require_weighing(data.classes, rows, rows.weights, side)
        if data.classes is not None and (gone := set(range(len(data.classes))) - set(rows.y_true.tolist())):
            label = data.classes[min(gone)]
            raise CannotTrain(f"The class {label!r} has no row on the {side} side; give more rows of it.")
    if len(data.train) < FOLDS:
        raise CannotTrain(f"There are fewer than {FOLDS} rows to learn from; give more rows.")
    if data.classes is not None and (counts := np.bincount(data.train.y_true.astype(int))).min() < FOLDS:
        label = data.classes[int(counts.argmin())]
        raise CannotTrain(f"The class {label!r} has fewer than {FOLDS} rows to learn from; give more rows of it.")
