"""Find the trees inside a fitted pipeline: those of its last step, of the estimators in an ensemble, and of estimators
that are pipelines themselves, each with the transform from the pipeline's table to the trees' input.

The final estimator of a stacking is left out: its input is the predictions of the others, which depend on all features.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from typing import Any, Final

import numpy as np

from twinserve.arrays import IntArray
from twinserve.compile.lowerings import catboost, interpret, lightgbm, xgboost
from twinserve.compile.lowerings.boosting import members_of
from twinserve.compile.tree import Tree
from twinserve.errors import CannotCompile
from twinserve.estimators.introspection import class_name, steps_at_predict
from twinserve.graph.trees import LT
from twinserve.proof.decision_paths import TracedTree, TracedTrees, Transform

HOLDERS: Final = ("estimators_", "calibrated_classifiers_", "best_estimator_", "regressor_", "estimator_", "estimator")
"""Attributes that hold the fitted estimators inside another; the first one counts, as later ones may be unfitted."""
READERS: Final[Mapping[str, Callable[[Any], list[Tree]]]] = {
    **dict.fromkeys(xgboost.LOWERINGS, xgboost.read_trees),
    **dict.fromkeys(lightgbm.LOWERINGS, lightgbm.read_trees),
    **dict.fromkeys(catboost.LOWERINGS, catboost.read_trees),
    **dict.fromkeys(interpret.LOWERINGS, interpret.read_trees),
}
"""The functions that read the trees of other libraries' estimators, by class."""


def find_trees(pipeline: Any, before: Transform = lambda table: table) -> Iterator[TracedTrees]:
    """All trees, grouped by their input; `before` gives the table that `pipeline` takes."""
    if hasattr(pipeline, "steps"):
        *steps, last = steps_at_predict(pipeline)
        yield from find_trees(last, lambda table: reduce(_transformed, steps, before(table)))
        return
    plain: list[TracedTree] = []
    for member, picks in _members(pipeline, None):
        if hasattr(member, "steps"):
            yield from find_trees(member, _picking(before, picks))
        elif hasattr(member, "tree_"):
            plain.append(_plain(member.tree_, picks))
        elif hasattr(member, "_predictors"):
            yield _boosted(member, _picking(before, picks))
        elif class_name(member) in READERS:
            yield from _read(member, _picking(before, picks))
    if plain:
        yield TracedTrees.of(before, plain)


def _transformed(table: Any, step: Any) -> Any:
    return step.transform(table)


def _picking(before: Transform, picks: IntArray | None) -> Transform:
    """The transform followed by the selection of columns that bagging makes for one of its estimators."""
    return before if picks is None else lambda table: np.asarray(before(table))[:, picks]


def _members(estimator: Any, picks: IntArray | None) -> Iterator[tuple[Any, IntArray | None]]:
    """An estimator and all inside it, each with the columns of the input that it takes (None: all)."""
    yield estimator, picks
    inner: Any = next((getattr(estimator, name) for name in HOLDERS if hasattr(estimator, name)), [])
    if hasattr(inner, "predict"):
        inner = [inner]  # Pipelines and forests are sequences: NumPy would make an array of their items.
    members = inner.ravel().tolist() if isinstance(inner, np.ndarray) else inner
    chosen = getattr(estimator, "estimators_features_", [None] * len(members))  # Bagging may draw columns.
    for one, own in zip(members, chosen, strict=False):
        yield from _members(one, picks if own is None else own if picks is None else picks[own])


def _plain(tree: Any, picks: IntArray | None) -> TracedTree:
    columns = np.maximum(tree.feature, 0)
    return TracedTree(
        left=tree.children_left,
        right=tree.children_right,
        columns=columns if picks is None else picks[columns],
        thresholds=tree.threshold,
        null_left=np.asarray(tree.missing_go_to_left, dtype=bool),
        is_leaf=tree.feature < 0,
        members={},
        narrow=True,
    )


def _boosted(member: Any, before: Transform) -> TracedTrees:
    inner = member._preprocessor
    transform = before if inner is None else lambda table: inner.transform(before(table))
    return TracedTrees.of(transform, [_boosted_tree(tree) for trees in member._predictors for tree in trees])


def _boosted_tree(tree: Any) -> TracedTree:
    nodes, bits = tree.nodes, tree.raw_left_cat_bitsets
    by_category = np.flatnonzero(nodes["is_categorical"].astype(bool) & ~nodes["is_leaf"].astype(bool)).tolist()
    return TracedTree(
        left=nodes["left"].astype(np.int64),
        right=nodes["right"].astype(np.int64),
        columns=nodes["feature_idx"].astype(np.int64),
        thresholds=nodes["num_threshold"],
        null_left=nodes["missing_go_to_left"].astype(bool),
        is_leaf=nodes["is_leaf"].astype(bool),
        members={node: np.array(sorted(members_of(bits[nodes["bitset_idx"][node]])), float) for node in by_category},
        narrow=False,
    )


def _read(member: Any, before: Transform) -> Iterator[TracedTrees]:
    """The trees of another library's estimator; none where it cannot be compiled either."""
    try:
        trees = READERS[class_name(member)](member)
    except CannotCompile:
        return
    if trees:
        yield TracedTrees.of(before, [_read_tree(tree) for tree in trees])


def _read_tree(tree: Tree) -> TracedTree:
    """A compiled tree for the proof; `x < t` in float32 becomes `x <= t'`, where `t'` is the float32 before `t`."""
    narrow, thresholds = tree.mode == LT, tree.split
    if narrow:
        thresholds = np.nextafter(thresholds.astype(np.float32), np.float32(-np.inf)).astype(np.float64)
    return TracedTree(
        left=tree.yes,
        right=tree.no,
        columns=tree.column,
        thresholds=thresholds,
        null_left=tree.nan_yes,
        is_leaf=tree.leaf,
        members=tree.members or {},
        narrow=narrow,
    )
