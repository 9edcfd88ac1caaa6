"""Shapley values as they are defined, by the worth of every set of fields, for comparison with fast ones."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt

from twinserve.compile import Column
from twinserve.compile.compiler import compile_with_explanation
from twinserve.compile.explanation import Explained
from twinserve.explain.explainer import ExactExplainer
from twinserve.predict.compiled import CompiledPredictor
from twinserve.signature import Columns

Floats = npt.NDArray[np.float64]
Worth = Callable[[frozenset[int]], float]


def by_definition(worth: Worth, fields: int) -> Floats:
    """The Shapley value of each field: the mean, over all orders, of what it adds to those before it."""
    values = np.zeros(fields)
    for field in range(fields):
        others = [other for other in range(fields) if other != field]
        for size in range(fields):
            weight = factorial(size) * factorial(fields - size - 1) / factorial(fields)
            for some in combinations(others, size):
                known = frozenset(some)
                values[field] += weight * (worth(known | {field}) - worth(known))
    return values


def tree_worth(tree: Any, output: int, row: Floats, field_of: Sequence[int]) -> Worth:
    """What a set of fields is worth to a fitted tree of scikit-learn: its expected output where these are known.

    `row` are the columns that the tree was fitted on, `field_of` the field of each. At a split on a field that is not
    known both sides are taken, each with its share of the training weight."""
    nodes = tree.tree_

    def expected(node: int, known: frozenset[int]) -> float:
        left, right = int(nodes.children_left[node]), int(nodes.children_right[node])
        if left < 0:
            return float(nodes.value[node, 0, output])
        column = int(nodes.feature[node])
        if field_of[column] in known:
            value = np.float32(row[column])
            to_left = bool(nodes.missing_go_to_left[node]) if np.isnan(value) else bool(value <= nodes.threshold[node])
            return expected(left if to_left else right, known)
        weight = nodes.weighted_n_node_samples
        share = float(weight[left] / weight[node])
        return share * expected(left, known) + (1 - share) * expected(right, known)

    return lambda known: expected(0, known)


def explainer_of(pipeline: Any, columns: Sequence[Column], training: Floats, memory: int = 1 << 26) -> ExactExplainer:
    """The exact explainer of a fitted pipeline; raises `CannotExplain`. `training` is the graph's input."""
    made = compile_with_explanation(pipeline, columns)
    if not isinstance(made.explained, Explained):
        raise made.explained
    predictor = CompiledPredictor(made.graph)
    stored = made.explained.with_means(training)
    return ExactExplainer(stored, made.graph, made.explained.table, len(columns), predictor.matrix, memory)


def numbers(width: int) -> tuple[Column, ...]:
    """So many columns of numbers."""
    return tuple(Column(f"x{i}", "number") for i in range(width))


def rows(x: Floats) -> Columns:
    """A table of numbers as columns."""
    return Columns(np.ascontiguousarray(x, dtype=np.float64))


def tree_shap(model: Any, x: Floats) -> Any:
    """The values that shap's own TreeExplainer gives, `[rows, fields]` or `[rows, fields, classes]`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of libraries that it calls in a way that they are about to end.
        import shap  # type: ignore[import-untyped]  # It ships no types.

        return shap.TreeExplainer(model, feature_perturbation="tree_path_dependent").shap_values(x)
