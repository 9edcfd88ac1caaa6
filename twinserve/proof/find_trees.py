"""The trees inside a fitted pipeline: those of its last step, of an ensemble's members, and of members that are
pipelines themselves, each with the way from the pipeline's table to the trees' input.

A stacking's final estimator is left out: what it looks at are the other members' answers, which no one feature makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from twinserve.arrays import IntArray
from twinserve.compile import lightgbm, xgboost
from twinserve.compile.boosting import members_of
from twinserve.compile.tree import LT
from twinserve.compile.tree import Tree as ReadTree
from twinserve.errors import CannotCompile
from twinserve.estimators.introspection import class_name
from twinserve.proof.decision_paths import Transform, Tree, Trees

HOLDERS: Final = ("estimators_", "calibrated_classifiers_", "best_estimator_", "regressor_", "estimator_", "estimator")
"""Where an estimator keeps those inside it: the first that it has, as another may hold what was never fitted."""
READERS: Final[Mapping[str, Callable[[Any], list[ReadTree]]]] = {
    **dict.fromkeys(xgboost.LOWERINGS, xgboost.read_trees),
    **dict.fromkeys(lightgbm.LOWERINGS, lightgbm.read_trees),
}
"""How another library's trees are read."""


def find_trees(pipeline: Any, before: Transform = lambda table: table) -> Iterator[Trees]:
    """All trees, together where they look at the same input; `before` makes the pipeline's table."""
    if hasattr(pipeline, "steps"):
        last, steps = pipeline[-1], pipeline[:-1]
        yield from find_trees(last, (lambda table: steps.transform(before(table))) if len(steps) else before)
        return
    plain: list[Tree] = []
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
        yield Trees.of(before, plain)


def _picking(before: Transform, picks: IntArray | None) -> Transform:
    """What bagging gives to a member: some columns, as an array."""
    return before if picks is None else lambda table: np.asarray(before(table))[:, picks]


def _members(estimator: Any, picks: IntArray | None) -> Iterator[tuple[Any, IntArray | None]]:
    """An estimator and all inside it, each with the columns of the input that it looks at (None: all)."""
    yield estimator, picks
    inner: Any = next((getattr(estimator, name) for name in HOLDERS if hasattr(estimator, name)), [])
    if hasattr(inner, "predict"):
        inner = [inner]  # A pipeline or a forest has items, too: an array of one would be an array of those.
    members = inner.ravel().tolist() if isinstance(inner, np.ndarray) else inner
    chosen = getattr(estimator, "estimators_features_", [None] * len(members))  # Bagging draws columns, too.
    for one, own in zip(members, chosen, strict=False):
        yield from _members(one, picks if own is None else own if picks is None else picks[own])


def _plain(tree: Any, picks: IntArray | None) -> Tree:
    columns = np.maximum(tree.feature, 0)
    return Tree(
        left=tree.children_left,
        right=tree.children_right,
        columns=columns if picks is None else picks[columns],
        thresholds=tree.threshold,
        null_left=np.asarray(tree.missing_go_to_left, dtype=bool),
        is_leaf=tree.feature < 0,
        members={},
        narrow=True,
    )


def _boosted(member: Any, before: Transform) -> Trees:
    inner = member._preprocessor
    transform = before if inner is None else lambda table: inner.transform(before(table))
    return Trees.of(transform, [_boosted_tree(tree) for trees in member._predictors for tree in trees])


def _boosted_tree(tree: Any) -> Tree:
    nodes, bits = tree.nodes, tree.raw_left_cat_bitsets
    by_category = np.flatnonzero(nodes["is_categorical"].astype(bool) & ~nodes["is_leaf"].astype(bool)).tolist()
    return Tree(
        left=nodes["left"].astype(np.int64),
        right=nodes["right"].astype(np.int64),
        columns=nodes["feature_idx"].astype(np.int64),
        thresholds=nodes["num_threshold"],
        null_left=nodes["missing_go_to_left"].astype(bool),
        is_leaf=nodes["is_leaf"].astype(bool),
        members={node: np.array(sorted(members_of(bits[nodes["bitset_idx"][node]])), float) for node in by_category},
        narrow=False,
    )


def _read(member: Any, before: Transform) -> Iterator[Trees]:
    """Another library's trees; none where they are of a kind that is not compiled either."""
    try:
        trees = READERS[class_name(member)](member)
    except CannotCompile:
        return
    if trees:
        yield Trees.of(before, [_read_tree(tree) for tree in trees])


def _read_tree(tree: ReadTree) -> Tree:
    """Where a tree asks for less than a float32, the float32 before that is the last one to the left."""
    narrow, thresholds = tree.mode == LT, tree.split
    if narrow:
        thresholds = np.nextafter(thresholds.astype(np.float32), np.float32(-np.inf)).astype(np.float64)
    return Tree(
        left=tree.yes,
        right=tree.no,
        columns=tree.column,
        thresholds=thresholds,
        null_left=tree.nan_yes,
        is_leaf=tree.leaf,
        members=tree.members or {},
        narrow=narrow,
    )
