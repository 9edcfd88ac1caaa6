"""The target as class codes or values, and the classes that have enough rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from twinserve.arrays import BoolArray, FloatArray
from twinserve.errors import CannotTrain
from twinserve.metric import Task
from twinserve.notes import Note

FEWEST_TO_LEARN: Final = 5
"""Rows of a class on the training side: one for each fold."""
FEWEST_HELD_OUT: Final = 1
"""Rows of a class on the hold-out."""


def encode(task: Task, target: Sequence[Any]) -> tuple[tuple[str, ...] | None, FloatArray]:
    """The classes, sorted, and each row's code; or None and the values. Raises `CannotTrain`."""
    if task == "regression":
        return None, _finite(target)
    not_texts = [value for value in target if not isinstance(value, str)]
    if not_texts:
        raise CannotTrain(
            f"The target holds a {type(not_texts[0]).__name__} in {len(not_texts)} rows; labels are texts."
        )
    classes = tuple(sorted(set(target)))
    if len(classes) < 2:
        raise CannotTrain("The target has one class only; there is nothing to learn.")
    codes = {label: code for code, label in enumerate(classes)}
    return classes, np.array([codes[label] for label in target], dtype=np.float64)


def enough_rows(
    classes: tuple[str, ...] | None, y_true: FloatArray, held_out: BoolArray
) -> tuple[BoolArray, tuple[Note, ...]]:
    """The rows, `[n]`, of classes that have enough rows on both sides, and a note for each class that has not.

    Raises `CannotTrain` where fewer than two classes are left."""
    if classes is None:
        return np.ones(len(y_true), dtype=bool), ()
    learned, held = (np.bincount(y_true[side].astype(int), minlength=len(classes)) for side in (~held_out, held_out))
    rare = np.flatnonzero((learned < FEWEST_TO_LEARN) | (held < FEWEST_HELD_OUT)).tolist()
    sentences = [
        f"the class {classes[code]!r} has {learned[code]} rows to learn from and {held[code]} held out; at "
        f"least {FEWEST_TO_LEARN} and {FEWEST_HELD_OUT} are needed"
        for code in rare
    ]
    if len(classes) - len(rare) < 2:
        raise CannotTrain(f"T{sentences[0][1:]}; give more rows of it.")
    notes = tuple(Note("warning", None, f"{sentence}: its rows are left out") for sentence in sentences)
    return ~np.isin(y_true, rare), notes


def _finite(target: Sequence[Any]) -> FloatArray:
    try:
        values = np.asarray(target, dtype=np.float64)
    except (TypeError, ValueError):
        raise CannotTrain("The target of a regression is not a number in every row.") from None
    if not np.isfinite(values).all():
        raise CannotTrain(f"The target is missing or infinite in {int((~np.isfinite(values)).sum())} rows.")
    return values
