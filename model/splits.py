"""Where a pipeline's trees decide, in terms of the pipeline's own input.

A threshold holds for a tree's input, which scalers and encoders may have made from ours. Which feature moves a
column of that input, and whether it does so steadily, is found by trying; then bisection finds the two neighbouring
doubles between which the tree's decision turns. So this holds whatever the steps are. A column that depends on several
features is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.signature import Columns, FeatureType, FloatArray, Signature, to_frame

MOST_SPLITS: Final = 4_000
"""A large forest has more; these are drawn from all of them."""
MOST_BISECTIONS: Final = 200
STEPS: Final = 9
"""Values of one feature that are tried to see which columns it moves."""
MARGIN: Final = 2.0
"""How far beyond the seen range a split is looked for, in ranges."""
NUMERIC: Final = (FeatureType.NUMBER, FeatureType.INTEGER, FeatureType.BOOLEAN)

Transform = Callable[[Any], Any]


@dataclass(frozen=True)
class Trees:
    """All the trees that look at one and the same input."""

    transform: Transform
    """From the pipeline's table to the trees' input."""
    columns: NDArray[np.int64]
    """`[splits]`: the column of the trees' input that a split looks at."""
    thresholds: FloatArray
    """`[splits]`."""
    narrow: bool
    """Do these trees see their input as float32?"""


@dataclass(frozen=True)
class _Turns:
    """Splits with the feature behind each: arrays of one length."""

    places: NDArray[np.int64]
    columns: NDArray[np.int64]
    thresholds: FloatArray
    rising: NDArray[np.bool_]


def crossings(
    real: Columns, signature: Signature, pipeline: Any, chance: np.random.Generator
) -> Iterator[tuple[int, float]]:
    """For each split the feature behind it and the values around its turn: two neighbours and theirs."""
    for trees in find_trees(pipeline):
        turns = _turns(real, signature, trees, chance)
        if not len(turns.places):
            continue
        left, right = _bisect(real, signature, trees, turns)
        for values in (np.nextafter(left, -np.inf), left, right, np.nextafter(right, np.inf)):
            yield from zip(turns.places.tolist(), values.tolist(), strict=True)


def find_trees(pipeline: Any) -> Iterator[Trees]:
    """The trees of the pipeline's last step, those inside an ensemble included."""
    steps = [step for _, step in getattr(pipeline, "steps", [("", pipeline)])]
    before: Transform = pipeline[:-1].transform if len(steps) > 1 else _as_it_is
    plain: list[tuple[Any, Any]] = []
    for member in _members(steps[-1]):
        if hasattr(member, "tree_"):
            plain.append((member.tree_.feature, member.tree_.threshold))
        elif hasattr(member, "_predictors"):
            yield _boosted(member, before)
    if plain:
        columns, thresholds = (np.concatenate(parts) for parts in zip(*plain, strict=True))
        splits = columns >= 0  # A leaf looks at no column.
        yield Trees(before, columns[splits].astype(np.int64), thresholds[splits], narrow=True)


def _as_it_is(table: Any) -> Any:
    return table


def _boosted(member: Any, before: Transform) -> Trees:
    nodes = np.concatenate([tree.nodes for trees in member._predictors for tree in trees])
    splits = nodes[(nodes["is_leaf"] == 0) & (nodes["is_categorical"] == 0)]
    inner = member._preprocessor
    transform = before if inner is None else lambda table: inner.transform(before(table))
    return Trees(transform, splits["feature_idx"].astype(np.int64), splits["num_threshold"], narrow=False)


def _members(estimator: Any) -> Iterator[Any]:
    yield estimator
    for name in ("estimators_", "calibrated_classifiers_", "estimator_", "estimator"):
        inner = getattr(estimator, name, None)
        if hasattr(inner, "predict") or isinstance(inner, (list, np.ndarray)):
            for one in np.ravel(np.array(inner, dtype=object)):
                yield from _members(one)


def _turns(real: Columns, signature: Signature, trees: Trees, chance: np.random.Generator) -> _Turns:
    """The splits whose column one numeric feature moves steadily."""
    mover: dict[int, tuple[int, bool]] = {}
    shared: set[int] = set()
    for place, feature in enumerate(signature.features):
        if feature.type not in NUMERIC:
            continue
        low, high = _range(real, place)
        values = np.linspace(low, high, STEPS)
        seen = _inputs(real, signature, trees, np.full(STEPS, place), values)
        for column in np.flatnonzero((seen != seen[0]).any(axis=0)).tolist():
            steps = np.diff(seen[:, column])
            if column in mover or not ((steps >= 0).all() or (steps <= 0).all()):
                shared.add(column)
            mover[column] = (place, bool((steps >= 0).all()))
    steady = np.array([column in mover and column not in shared for column in trees.columns.tolist()], dtype=bool)
    chosen = np.flatnonzero(steady)
    if len(chosen) > MOST_SPLITS:
        chosen = np.sort(chance.choice(chosen, MOST_SPLITS, replace=False))
    columns = trees.columns[chosen]
    behind = [mover[column] for column in columns.tolist()]
    return _Turns(
        places=np.array([place for place, _ in behind], dtype=np.int64),
        columns=columns,
        thresholds=trees.thresholds[chosen],
        rising=np.array([rising for _, rising in behind], dtype=bool),
    )


def _bisect(real: Columns, signature: Signature, trees: Trees, turns: _Turns) -> tuple[FloatArray, FloatArray]:
    """The two neighbouring doubles between which each split turns, or the end of the range where it never does."""

    def at_left(values: FloatArray) -> NDArray[np.bool_]:
        seen = _inputs(real, signature, trees, turns.places, values)[np.arange(len(values)), turns.columns]
        seen = seen.astype(np.float32) if trees.narrow else seen
        turned: NDArray[np.bool_] = (seen.astype(np.float64) <= turns.thresholds) == turns.rising
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
    return low, high


def _range(real: Columns, place: int) -> tuple[float, float]:
    values = real.matrix[:, place]
    present = values[~np.isnan(values)]
    return (float(present.min()), float(present.max())) if len(present) else (0.0, 1.0)


def _inputs(
    real: Columns, signature: Signature, trees: Trees, places: NDArray[np.int64], values: FloatArray
) -> FloatArray:
    """The trees' input for the first real row with one feature exchanged, one row for each value."""
    rows = real.take([0] * len(values))
    rows.matrix[np.arange(len(values)), places] = values
    unseen = {(row, place): text for row in range(len(values)) for (_, place), text in rows.unseen.items()}
    found = trees.transform(to_frame(Columns(rows.matrix, unseen, rows.texts), signature))
    dense = found.toarray() if hasattr(found, "toarray") else found
    return np.asarray(dense, dtype=np.float64)
