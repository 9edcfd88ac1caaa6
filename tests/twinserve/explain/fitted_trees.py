"""Fitted trees of each library, read by other means than the compiler's, as games of the fields that they ask about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tests.twinserve.explain.games import Floats, Worth


class Split(NamedTuple):
    """A split of a fitted tree, or a leaf."""

    column: int
    """-1 for a leaf."""
    is_left: Callable[[float], bool]
    left: int
    right: int
    weight: float
    """Of the training rows that reached it."""
    value: float


Nodes = Sequence[Split]


def worth_of(trees: Sequence[Nodes], row: Floats, field_of: Sequence[int], start: float = 0.0) -> Worth:
    """What a set of fields is worth to a sum of trees: its expected output where these fields are known.

    `row` are the columns that the trees were fitted on, `field_of` the field of each."""

    def expected(nodes: Nodes, at: int, known: frozenset[int]) -> float:
        node = nodes[at]
        if node.column < 0:
            return node.value
        if field_of[node.column] in known:
            return expected(nodes, node.left if node.is_left(float(row[node.column])) else node.right, known)
        sides = (node.left, node.right)
        total = sum(nodes[side].weight for side in sides)
        return sum(nodes[side].weight / total * expected(nodes, side, known) for side in sides)

    return lambda known: start + sum(expected(nodes, 0, known) for nodes in trees)


def of_tree(tree: Any, output: int = 0, factor: float = 1.0) -> Nodes:
    """A tree of scikit-learn: an estimator's `tree_`."""

    def is_left(node: int) -> Callable[[float], bool]:
        threshold, null_left = float(tree.threshold[node]), bool(tree.missing_go_to_left[node])
        return lambda x: null_left if np.isnan(x) else float(np.float32(x)) <= threshold

    return [
        Split(
            int(tree.feature[node]) if tree.children_left[node] >= 0 else -1,
            is_left(node),
            int(tree.children_left[node]),
            int(tree.children_right[node]),
            float(tree.weighted_n_node_samples[node]),
            factor * float(tree.value[node, 0, output]),
        )
        for node in range(tree.node_count)
    ]


def of_predictor(predictor: Any) -> Nodes:
    """A tree of histogram boosting, none of whose splits is on a category."""

    def is_left(node: Any) -> Callable[[float], bool]:
        threshold, null_left = float(node["num_threshold"]), bool(node["missing_go_to_left"])
        return lambda x: null_left if np.isnan(x) else x <= threshold

    return [
        Split(
            -1 if node["is_leaf"] else int(node["feature_idx"]),
            is_left(node),
            int(node["left"]),
            int(node["right"]),
            float(node["count"]),
            float(node["value"]),
        )
        for node in predictor.nodes
    ]


def of_xgboost(model: Any) -> list[Nodes]:
    """The trees as its own table has them; their numbers are of single precision."""
    trees: list[Nodes] = []
    for _, table in model.get_booster().trees_to_dataframe().groupby("Tree"):
        place = {name: at for at, name in enumerate(table["ID"])}
        trees.append([_xgboost_split(line, place) for line in table.to_dict("records")])
    return trees


def _xgboost_split(line: dict[str, Any], place: dict[str, int]) -> Split:
    if line["Feature"] == "Leaf":
        return Split(-1, bool, 0, 0, line["Cover"], line["Gain"])
    threshold, null_left = np.float32(line["Split"]), line["Missing"] == line["Yes"]
    return Split(
        int(line["Feature"][1:]),
        lambda x: null_left if np.isnan(x) else bool(np.float32(x) < threshold),
        place[line["Yes"]],
        place[line["No"]],
        line["Cover"],
        0.0,
    )


def of_lightgbm(model: Any) -> list[Nodes]:
    """The trees as its own table has them."""
    names = model.booster_.feature_name()
    trees: list[Nodes] = []
    for _, table in model.booster_.trees_to_dataframe().groupby("tree_index"):
        place = {name: at for at, name in enumerate(table["node_index"])}
        trees.append([_lightgbm_split(line, place, names) for line in table.to_dict("records")])
    return trees


def _lightgbm_split(line: dict[str, Any], place: dict[str, int], names: Sequence[str]) -> Split:
    if not isinstance(line["split_feature"], str):
        return Split(-1, bool, 0, 0, line["count"], line["value"])
    threshold, null_left = float(line["threshold"]), line["missing_direction"] == "left"
    treats_null = line["missing_type"] == "NaN"

    def is_left(x: float) -> bool:
        if np.isnan(x):
            return null_left if treats_null else threshold >= 0
        return x <= threshold

    return Split(
        names.index(line["split_feature"]), is_left, place[line["left_child"]], place[line["right_child"]],
        line["count"], 0.0,
    )  # fmt: skip
