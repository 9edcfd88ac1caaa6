"""Where a pipeline's trees decide, in terms of the pipeline's own input.

A threshold holds for a tree's input, which scalers and encoders may have made from ours. Which feature moves a
column of that input, and whether it does so steadily, is found by trying; then bisection finds the two neighbouring
doubles between which the tree's decision turns. So this holds whatever the steps are. A column that depends on several
features is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from twinserve.arrays import BoolArray, FloatArray, IntArray
from twinserve.proof.decision_paths import Trees, dense, seen
from twinserve.proof.find_trees import find_trees
from twinserve.signature import Columns, Signature
from twinserve.signature.frames import to_frame
from twinserve.signature.signature import NUMERIC_OR_BOOLEAN

MOST_SPLITS: Final = 4_000
"""A large forest has more; these are drawn from all of them, as many from each group of trees with one input."""
MOST_BISECTIONS: Final = 200
STEPS: Final = 9
"""Values of one feature that are tried to see which columns it moves."""
MARGIN: Final = 2.0
"""How far beyond the seen range a split is looked for, in ranges."""

Change = tuple[int, int, float]
"""A row, a feature's place, and its new value."""


@dataclass(frozen=True)
class _Turns:
    """Splits with the feature behind each: arrays of one length."""

    splits: IntArray
    places: IntArray
    columns: IntArray
    thresholds: FloatArray
    rising: BoolArray


@dataclass(frozen=True)
class Crossings:
    """What was found of a pipeline's splits."""

    changes: Sequence[Change]
    """For each split a row that comes to it, the feature behind it, and the values around its turn: two neighbours and
    theirs. Such a row still comes to the split when the feature has one of these values, so its way turns there.
    A null, where there may be one, is tried at each split, too; some splits look for nothing else."""
    splits: int
    """By a number, in all trees."""
    crossed: int
    """Of those, how many have rows on both sides here."""


def crossings(real: Columns, signature: Signature, pipeline: Any, chance: np.random.Generator) -> Crossings:
    """Both sides of every split that can be reached, or of as many as MOST_SPLITS."""
    groups = list(find_trees(pipeline))
    changes: list[Change] = []
    crossed = 0
    for trees in groups:
        turns = _turns(real, signature, trees, chance, most=max(1, MOST_SPLITS // len(groups)))
        if not len(turns.places):
            continue
        left, right, turned = _bisect(real, signature, trees, turns)
        changes += _changes(real, signature, trees, turns, (left, right, turned), chance)
        crossed += int(turned.sum())
    return Crossings(changes, sum(len(trees.nodes) for trees in groups), crossed)


def _changes(
    real: Columns,
    signature: Signature,
    trees: Trees,
    turns: _Turns,
    sides: tuple[FloatArray, FloatArray, BoolArray],
    chance: np.random.Generator,
) -> Iterator[Change]:
    """The values around each turn, in a row that comes to its split; any row where none does."""
    left, right, turned = sides
    rows = trees.visitors(turns.splits, dense(trees.transform(to_frame(real, signature))))
    rows = np.where(rows < 0, chance.integers(len(real), size=len(rows)), rows)
    nullable = np.array([feature.nullable for feature in signature.features])[turns.places]
    for row, place in zip(rows[nullable].tolist(), turns.places[nullable].tolist(), strict=True):
        yield row, place, np.nan
    for values in (np.nextafter(left, -np.inf), left, right, np.nextafter(right, np.inf)):
        yield from zip(rows[turned].tolist(), turns.places[turned].tolist(), values[turned].tolist(), strict=True)


def _turns(real: Columns, signature: Signature, trees: Trees, chance: np.random.Generator, *, most: int) -> _Turns:
    """The splits whose column one numeric feature moves steadily."""
    mover: dict[int, tuple[int, bool]] = {}
    shared: set[int] = set()
    for place, feature in enumerate(signature.features):
        if feature.type not in NUMERIC_OR_BOOLEAN:
            continue
        low, high = _range(real, place)
        values = np.linspace(low, high, STEPS)
        found = _inputs(real, signature, trees, np.full(STEPS, place), values)
        for column in np.flatnonzero(_differ(found, found[0]).any(axis=0)).tolist():
            steps = np.diff(found[:, column])
            if column in mover or not ((steps >= 0).all() or (steps <= 0).all()):
                shared.add(column)
            mover[column] = (place, bool((steps >= 0).all()))
    steady = np.array([column in mover and column not in shared for column in trees.columns.tolist()], dtype=bool)
    chosen = np.flatnonzero(steady)
    if len(chosen) > most:
        chosen = np.sort(chance.choice(chosen, most, replace=False))
    columns = trees.columns[chosen]
    behind = [mover[column] for column in columns.tolist()]
    return _Turns(
        splits=chosen,
        places=np.array([place for place, _ in behind], dtype=np.int64),
        columns=columns,
        thresholds=trees.thresholds[chosen],
        rising=np.array([rising for _, rising in behind], dtype=bool),
    )


def _bisect(
    real: Columns, signature: Signature, trees: Trees, turns: _Turns
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """The two neighbouring doubles between which each split turns, and whether it turns at all."""

    def at_left(values: FloatArray) -> BoolArray:
        found = _inputs(real, signature, trees, turns.places, values)[np.arange(len(values)), turns.columns]
        turned: BoolArray = (seen(found, narrow=trees.narrow) <= turns.thresholds) == turns.rising
        return turned

    ranges = np.array([_range(real, place) for place in turns.places.tolist()])
    width = ranges[:, 1] - ranges[:, 0] + 1.0
    low, high = ranges[:, 0] - MARGIN * width, ranges[:, 1] + MARGIN * width
    for _ in range(MOST_BISECTIONS):
        middle = low + (high - low) / 2
        if ((middle == low) | (middle == high)).all():
            break
        left = at_left(middle)
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    return low, high, (low < high) & at_left(low) & ~at_left(high)


def _differ(one: FloatArray, other: FloatArray) -> BoolArray:
    """Where numbers differ; null equals null."""
    found: BoolArray = (one != other) & ~(np.isnan(one) & np.isnan(other))
    return found


def _range(real: Columns, place: int) -> tuple[float, float]:
    values = real.matrix[:, place]
    present = values[~np.isnan(values)]
    return (float(present.min()), float(present.max())) if len(present) else (0.0, 1.0)


def _inputs(real: Columns, signature: Signature, trees: Trees, places: IntArray, values: FloatArray) -> FloatArray:
    """The trees' input for the first real row with one feature exchanged, one row for each value."""
    rows = real.take([0] * len(values))
    rows.matrix[np.arange(len(values)), places] = values
    return dense(trees.transform(to_frame(rows, signature)))
