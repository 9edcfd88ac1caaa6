"""Fit the trees that give the expected size of a model's error for a row."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from twinserve.arrays import FloatArray
from twinserve.conformal.stored import StoredDifficulty, StoredTree

FEWEST_ROWS: Final = 200
"""With fewer rows, trees of errors are mostly chance."""
TREES: Final = 10
RATE: Final = 0.2
DEPTH: Final = 2
IN_A_LEAF: Final = 30
"""Ten boosted trees of this depth shorten intervals as much as fifty deeper ones do, and ten cost 2 us a row."""
LEAST: Final = 0.05
"""No size is less than this share of the mean one, so that no interval is a point."""
LARGEST_SINGLE: Final = 1e38
"""scikit-learn's trees compute in single precision."""


def fit_difficulty(matrix: FloatArray, values: FloatArray, y_true: FloatArray, seed: int) -> StoredDifficulty | None:
    """The trees for rows `[n, columns]`, their predicted and their true values `[n]`; None where there is nothing to
    learn.

    The predictions should come from fits that did not see these rows. What the trees are worth shows on other rows:
    they change the widths of intervals and never their coverage."""
    with np.errstate(over="ignore", invalid="ignore"):
        errors = np.abs(y_true - values)
    mean = float(errors.mean()) if len(errors) else 0.0
    if len(errors) < FEWEST_ROWS or not (np.isfinite(errors).all() and 0 < mean < LARGEST_SINGLE):
        return None
    table = np.clip(np.column_stack([matrix, values]), -LARGEST_SINGLE, LARGEST_SINGLE)
    table = np.where(np.isnan(table).all(axis=0), 0.0, table)  # Such as texts.
    trees, rest = [], errors - mean
    for _ in range(TREES):
        tree = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=IN_A_LEAF, random_state=seed).fit(table, rest)
        rest = rest - RATE * tree.predict(table)
        trees.append(_stored(tree.tree_))
    return StoredDifficulty(base=mean, least=LEAST * mean, trees=tuple(trees))


def _stored(nodes: Any) -> StoredTree:
    """A fitted tree; scikit-learn numbers a node before those below it, and splits null from numbers at infinity."""
    leaf = nodes.children_left < 0
    largest = np.finfo(np.float64).max
    return StoredTree(
        features=tuple(np.where(leaf, -1, nodes.feature).tolist()),
        thresholds=tuple(np.where(leaf, 0.0, nodes.threshold).clip(-largest, largest).tolist()),
        left=tuple(np.where(leaf, 0, nodes.children_left).tolist()),
        right=tuple(np.where(leaf, 0, nodes.children_right).tolist()),
        null_left=tuple((nodes.missing_go_to_left.astype(bool) & ~leaf).tolist()),
        values=tuple((RATE * nodes.value.reshape(-1)).tolist()),
    )
