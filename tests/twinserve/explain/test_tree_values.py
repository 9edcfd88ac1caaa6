"""The memory that explanations of trees take is bounded."""

from __future__ import annotations

import tracemalloc
from typing import Final

import numpy as np
import pytest

from twinserve.explain.tree_values import TreeValues
from twinserve.explain.trees import Trees

MEBIBYTE: Final = 2**20


def chain(splits: int) -> Trees:
    """A tree that asks for one more threshold at each level."""
    numbers = np.arange(splits)
    return Trees(
        column=np.zeros(splits, np.int64),
        limit=numbers.astype(np.float64),
        kind=np.zeros(splits, np.int64),
        null_yes=np.zeros(splits, np.bool_),
        members=(),
        yes=~numbers,
        no=np.where(numbers + 1 < splits, numbers + 1, ~splits),
        share=np.tile([1e-3, 0.999], (splits, 1)),
        roots=np.array([0]),
        value=np.arange(splits + 1.0),
    )


def test_the_lengths_of_paths_are_those_of_all_leaves() -> None:
    """Leaves at depth 1, 2, 3 and 3."""
    assert chain(3).path_lengths() == 9


def test_trees_that_are_very_deep_are_explained_without_tables() -> None:
    """What tables are made from grows with the square of the depth: of this tree it would be 300 MB."""
    trees = chain(4_000)
    tracemalloc.start()
    values = TreeValues(trees, np.array([0]), 64 * MEBIBYTE)
    contributions = np.zeros((1, 1))
    values.add(np.array([[2_000.0]]), contributions)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert values.base + contributions[0, 0] == pytest.approx(2_000.0)
    assert peak < 30 * MEBIBYTE
