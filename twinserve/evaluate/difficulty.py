"""Fit the tree that gives the expected size of a model's error for a row."""

from __future__ import annotations

from typing import Final

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from twinserve.arrays import FloatArray
from twinserve.conformal.stored import MOST_NODES, StoredTree

FEWEST_ROWS: Final = 200
"""With fewer rows a tree of errors is mostly chance."""
IN_A_LEAF: Final = 40
SHARE_OF_A_LEAF: Final = 0.02
LEAST: Final = 0.05
"""No size is less than this share of the mean one, so that no interval is a point."""
LARGEST_SINGLE: Final = 1e38
"""scikit-learn's trees compute in single precision."""


def fit_difficulty(matrix: FloatArray, values: FloatArray, y_true: FloatArray, seed: int) -> StoredTree | None:
    """The tree for rows `[n, columns]`, their predicted and their true values `[n]`; None where there is nothing to
    learn.

    The predictions should come from fits that did not see these rows. What the tree is worth shows on other rows: it
    changes the widths of intervals and never their coverage."""
    with np.errstate(over="ignore", invalid="ignore"):
        errors = np.abs(y_true - values)
    mean = float(errors.mean()) if len(errors) else 0.0
    if len(errors) < FEWEST_ROWS or not (np.isfinite(errors).all() and 0 < mean < LARGEST_SINGLE):
        return None
    table = np.clip(np.column_stack([matrix, values]), -LARGEST_SINGLE, LARGEST_SINGLE)
    leaf = max(IN_A_LEAF, int(SHARE_OF_A_LEAF * len(errors)))
    tree = DecisionTreeRegressor(max_leaf_nodes=(MOST_NODES + 1) // 2, min_samples_leaf=leaf, random_state=seed)
    return _stored(tree.fit(table, errors).tree_, LEAST * mean)


def _stored(nodes: object, least: float) -> StoredTree | None:
    """The tree with its nodes in the order from the root down; None for a single leaf."""
    fitted = {name: getattr(nodes, name).tolist() for name in ("feature", "threshold", "children_left")}
    right, value = nodes.children_right.tolist(), nodes.value.reshape(-1).tolist()  # type: ignore[attr-defined]  # Arrays of scikit-learn.
    null_left = nodes.missing_go_to_left.tolist()  # type: ignore[attr-defined]  # As above.
    if len(value) == 1:
        return None
    leaf = [below < 0 for below in fitted["children_left"]]
    order = _from_the_root(fitted["children_left"], right)
    place = {node: position for position, node in enumerate(order)}
    return StoredTree(
        features=tuple(-1 if leaf[node] else fitted["feature"][node] for node in order),
        thresholds=tuple(0.0 if leaf[node] else fitted["threshold"][node] for node in order),
        left=tuple(0 if leaf[node] else place[fitted["children_left"][node]] for node in order),
        right=tuple(0 if leaf[node] else place[right[node]] for node in order),
        null_left=tuple(bool(null_left[node]) and not leaf[node] for node in order),
        sizes=tuple(max(value[node], least) for node in order),
    )


def _from_the_root(left: list[int], right: list[int]) -> list[int]:
    """The nodes, each behind its parent."""
    order = [0]
    for node in order:  # It grows while it is read.
        if left[node] >= 0:
            order += [left[node], right[node]]
    return order
