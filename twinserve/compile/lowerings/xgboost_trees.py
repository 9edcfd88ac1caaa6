"""XGBoost's trees, from the model's documented JSON.

Source: XGBoost 3.2, `src/common/categorical.h`, `include/xgboost/tree_model.h`; "Introduction to Model IO" of its
manual.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.analysis.threshold_pushdown import MOST_MEMBERS
from twinserve.compile.refusal import refusal
from twinserve.compile.tree import Tree
from twinserve.graph.trees import LT

__all__ = ["MOST_MEMBERS", "categories_of", "read_tree"]


def categories_of(learner: Any) -> dict[int, int]:
    """The number of categories of each column that pandas had as such; XGBoost keeps what they are."""
    kept = learner["gradient_booster"].get("model", {}).get("cats", {}).get("enc", ())
    lengths = [len(one["offsets"]) - 1 if one.get("offsets") else len(one.get("values", ())) for one in kept]
    return {column: length for column, length in enumerate(lengths) if length > 0}


def read_tree(model: Any, tree: Any, categories: Mapping[int, int]) -> Tree:
    """One tree. A number goes left where it is `<` the split; a category goes right where it is a member."""
    if tree["tree_param"]["size_leaf_vector"] not in ("0", "1"):
        raise refusal(model, "a leaf holds several numbers, which is not lowered")
    left, right = np.array(tree["left_children"]), np.array(tree["right_children"])
    leaf = left < 0
    by_category = np.array(tree["split_type"]) == 1
    split = np.array(tree["split_conditions"], dtype=np.float32).astype(np.float64)
    default_left = np.array(tree["default_left"]) == 1
    return _without_null(
        Tree(
            leaf=leaf,
            column=np.array(tree["split_indices"], dtype=np.int64),
            # Without members no value is `< -inf`: every category goes left.
            split=np.where(by_category, -np.inf, np.where(leaf, 0.0, split)),
            yes=np.where(by_category, right, left),
            no=np.where(by_category, left, right),
            nan_yes=(default_left != by_category) & ~leaf,
            value=np.where(leaf, split, 0.0),
            mode=LT,
            members=_members(tree),
            cover=np.array(tree["sum_hessian"], dtype=np.float64),
        ),
        categories,
    )


def _without_null(tree: Tree, categories: Mapping[int, int]) -> Tree:
    """The same tree, where a set that null belongs to is replaced by the set of all others, to the other side.

    ONNX Runtime 1.32 loses the side of null where a split on a set follows another. Only of pandas' categories are all
    others known: every other text is null. One category against the others makes such splits one after another."""
    members, yes, no, nan_yes = dict(tree.members or {}), tree.yes.copy(), tree.no.copy(), tree.nan_yes.copy()
    for node, held in members.items():
        count = categories.get(int(tree.column[node]), 0)
        if nan_yes[node] and 0 < count <= MOST_MEMBERS and len(held) < count:
            members[node] = np.setdiff1d(np.arange(count, dtype=np.float64), held)
            yes[node], no[node], nan_yes[node] = no[node], yes[node], False
    return replace(tree, members=members, yes=yes, no=no, nan_yes=nan_yes)


def _members(tree: Any) -> dict[int, FloatArray]:
    """The categories that each node sends to the right."""
    parts = zip(tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True)
    listed = np.array(tree["categories"], dtype=np.float64)
    return {node: listed[start : start + size] for node, start, size in parts if size}
