"""Find the thresholds of a pipeline's trees in terms of the pipeline's own input.

A threshold holds for a tree's input, which scalers and encoders may have computed from the pipeline's. So the search
tries which feature changes a column of that input, and whether monotonically; then bisection finds the two neighbouring
doubles between which the tree's decision changes. That works whatever the steps are. A column that depends on several
features is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from twinserve.arrays import BoolArray, FloatArray, IntArray, bisected, evenly_spread
from twinserve.predict.predictor import REFUSALS
from twinserve.proof.decision_paths import TracedTrees, dense, rounded
from twinserve.proof.find_trees import find_trees
from twinserve.signature import Columns, Signature
from twinserve.signature.frames import to_frame
from twinserve.signature.signature import NUMERIC_OR_BOOLEAN

MOST_SPLITS: Final = 4_000
"""Splits that are tried; a larger forest has this many drawn, equally many from each group of trees with one input."""
MOST_CELLS: Final = 20_000_000
"""Numbers of a tree's input that are held at a time: 160 MB. A table of words may have a million columns."""
MOST_BISECTIONS: Final = 200
STEPS: Final = 9
"""Values of one feature that are tried to see which columns it changes."""
MARGIN: Final = 2.0
"""How far beyond the range of the real rows a threshold is searched, in multiples of the range."""

Change = tuple[int, int, float]
"""A row, the position of a feature, and its new value."""


@dataclass(frozen=True)
class _Turns:
    """Splits, and the feature that decides each: arrays of one length."""

    splits: IntArray
    places: IntArray
    columns: IntArray
    thresholds: FloatArray
    rising: BoolArray


@dataclass(frozen=True)
class Crossings:
    """Rows on both sides of a pipeline's splits."""

    changes: Sequence[Change]
    """For each split a row that reaches it, the feature that decides it, and four values around its threshold: the two
    neighbouring doubles and their neighbours. The row still reaches the split with each of these values. Of a nullable
    feature null is tried at each split, too: some splits test nothing else."""
    splits: int
    """The number of splits on a number, in all trees."""
    crossed: int
    """How many of those have rows on both sides in `changes`."""


def crossings(real: Columns, signature: Signature, pipeline: Any, rng: np.random.Generator) -> Crossings:
    """Rows on both sides of every split that one feature decides, or of MOST_SPLITS of them."""
    groups = list(find_trees(pipeline))
    changes: list[Change] = []
    crossed = 0
    for trees in groups:
        fits = max(1, MOST_CELLS // int(trees.transform(to_frame(real[:1], signature)).shape[1]))
        turns = _turns(real, signature, trees, rng, most=min(fits, max(1, MOST_SPLITS // len(groups))))
        if not len(turns.places):
            continue
        left, right, turned = _bisect(real, signature, trees, turns)
        some = evenly_spread(len(real), fits)
        changed = _changes(real.take(some.tolist()), signature, trees, turns, (left, right, turned), rng)
        changes += [(int(some[row]), place, value) for row, place, value in changed]
        crossed += int(turned.sum())
    return Crossings(changes, sum(len(trees.nodes) for trees in groups), crossed)


def _changes(
    real: Columns,
    signature: Signature,
    trees: TracedTrees,
    turns: _Turns,
    sides: tuple[FloatArray, FloatArray, BoolArray],
    rng: np.random.Generator,
) -> Iterator[Change]:
    """The values around each threshold, in a row that reaches its split, or in any row where none does."""
    left, right, turned = sides
    rows = trees.first_rows(turns.splits, dense(trees.transform(to_frame(real, signature))))
    rows = np.where(rows < 0, rng.integers(len(real), size=len(rows)), rows)
    nullable = np.array([feature.nullable for feature in signature.features])[turns.places]
    for row, place in zip(rows[nullable].tolist(), turns.places[nullable].tolist(), strict=True):
        yield row, place, np.nan
    for values in (np.nextafter(left, -np.inf), left, right, np.nextafter(right, np.inf)):
        yield from zip(rows[turned].tolist(), turns.places[turned].tolist(), values[turned].tolist(), strict=True)


def _turns(real: Columns, signature: Signature, trees: TracedTrees, rng: np.random.Generator, *, most: int) -> _Turns:
    """The splits whose column depends on one numeric feature, and monotonically."""
    mover: dict[int, tuple[int, bool]] = {}
    shared: set[int] = set()
    for place, feature in enumerate(signature.features):
        if feature.type not in NUMERIC_OR_BOOLEAN:
            continue
        low, high = _range(real, place)
        values = np.linspace(low, high, STEPS)
        inputs = _inputs(real, signature, trees, np.full(STEPS, place), values)
        for column in np.flatnonzero(_differ(inputs, inputs[0]).any(axis=0)).tolist():
            steps = np.diff(inputs[:, column])
            if column in mover or not ((steps >= 0).all() or (steps <= 0).all()):
                shared.add(column)
            mover[column] = (place, bool((steps >= 0).all()))
    monotonic = np.array([column in mover and column not in shared for column in trees.columns.tolist()], dtype=bool)
    chosen = np.flatnonzero(monotonic)
    if len(chosen) > most:
        chosen = np.sort(rng.choice(chosen, most, replace=False))
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
    real: Columns, signature: Signature, trees: TracedTrees, turns: _Turns
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """The two neighbouring doubles between which each split's decision changes, and whether it changes at all."""

    def at_left(values: FloatArray) -> BoolArray:
        inputs = _inputs(real, signature, trees, turns.places, values)[np.arange(len(values)), turns.columns]
        turned: BoolArray = (rounded(inputs, narrow=trees.narrow) <= turns.thresholds) == turns.rising
        return turned

    def within(margin: float) -> tuple[FloatArray, FloatArray, BoolArray]:
        low, high = ranges[:, 0] - margin * width, ranges[:, 1] + margin * width
        low, high = bisected(low, high, at_left, MOST_BISECTIONS)
        return low, high, (low < high) & at_left(low) & ~at_left(high)

    ranges = np.array([_range(real, place) for place in turns.places.tolist()])
    width = ranges[:, 1] - ranges[:, 0] + 1.0
    try:
        return within(MARGIN)
    except REFUSALS:  # Of a step in front of the trees that takes, for example, no negative numbers.
        return within(0.0)


def _differ(one: FloatArray, other: FloatArray) -> BoolArray:
    """Where numbers differ; NaN equals NaN."""
    differ: BoolArray = (one != other) & ~(np.isnan(one) & np.isnan(other))
    return differ


def _range(real: Columns, place: int) -> tuple[float, float]:
    values = real.matrix[:, place]
    present = values[~np.isnan(values)]
    return (float(present.min()), float(present.max())) if len(present) else (0.0, 1.0)


def _inputs(
    real: Columns, signature: Signature, trees: TracedTrees, places: IntArray, values: FloatArray
) -> FloatArray:
    """The trees' input for copies of the first real row, each with one feature replaced by a value."""
    rows = real.take([0] * len(values))
    rows.matrix[np.arange(len(values)), places] = values
    return dense(trees.transform(to_frame(rows, signature)))
