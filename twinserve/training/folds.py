"""The folds of cross-validation, which divide the training rows as the split divides the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

from twinserve.arrays import FloatArray, IntArray, evenly_spread
from twinserve.errors import CannotTrain
from twinserve.recipes.pipelines import MANY_ROWS
from twinserve.training.cross_validation import Fold
from twinserve.training.data import FOLDS, Data, strata
from twinserve.training.holdout import groups, times

ROWS_OF_RARE: Final = 1_000
"""A class of fewer rows is rare: none of them is left out of a fold."""


def folds(data: Data, target: NDArray[np.generic] | None, seed: int) -> Sequence[Fold]:
    """Positions among the training rows: shuffled by class, forward in time, or by whole groups.

    Every fold has all classes on the side that learns, and on the other one where that is possible. In a large table
    it learns from a part of its rows. Raises `CannotTrain` where there is no such fold."""
    return [(_part(learn, data), ask) for learn, ask in _whole_folds(data, target, seed)]


def _part(rows: IntArray, data: Data) -> IntArray:
    """The rows, of a large table `MANY_ROWS` of them: each class has its share, and a rare one all that it has."""
    if len(rows) <= MANY_ROWS:
        return rows
    codes = strata(data.classes, data.train.y_true)[rows]
    by_class = rows[np.argsort(codes, kind="stable")]
    counts = np.bincount(codes)
    rare = rows[counts[codes] < ROWS_OF_RARE] if data.classes is not None else rows[:0]
    return np.unique(np.concatenate([by_class[evenly_spread(len(rows), MANY_ROWS)], rare]))


def _whole_folds(data: Data, target: NDArray[np.generic] | None, seed: int) -> Sequence[Fold]:
    rows = np.zeros(len(data.train))
    if data.given is None or data.held_out is None or data.split.column is None:
        kind = KFold if data.classes is None else StratifiedKFold
        return list(kind(n_splits=FOLDS, shuffle=True, random_state=seed).split(rows, target))
    if data.split.time is not None:
        return _with_all_classes(_forward(times(data.given, data.split.time)[~data.held_out]), data)
    codes = groups(data.given, data.split.group or "")[~data.held_out]
    number = min(FOLDS, len(np.unique(codes)))
    if data.classes is None:
        whole = GroupKFold(number)
    else:
        whole = StratifiedGroupKFold(number, shuffle=True, random_state=seed)
    return _with_all_classes(list(whole.split(rows, target, codes)), data)


def _forward(order: FloatArray) -> list[Fold]:
    """Each fold learns from what was before a time and is asked about the part that follows; rows of one time are
    together."""
    ranked = np.sort(order)
    cuts = [ranked[len(order) * part // (FOLDS + 1)] for part in range(1, FOLDS + 1)]
    ends = [*cuts[1:], np.inf]
    parts = [(order < start, (order >= start) & (order < end)) for start, end in zip(cuts, ends, strict=True)]
    return [(np.flatnonzero(before), np.flatnonzero(now)) for before, now in parts if before.any() and now.any()]


def _with_all_classes(parts: Sequence[Fold], data: Data) -> Sequence[Fold]:
    count = 1 if data.classes is None else len(data.classes)
    codes = np.zeros(len(data.train)) if data.classes is None else data.train.y_true

    def is_whole(rows: IntArray) -> bool:
        return len(np.unique(codes[rows])) == count

    learning = [fold for fold in parts if is_whole(fold[0])]
    if not learning:
        raise CannotTrain(
            f"No part of the rows that learns has every class when {data.split.column!r} divides them; give more rows."
        )
    return [fold for fold in learning if is_whole(fold[1])] or learning
