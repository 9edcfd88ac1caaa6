"""Tables of trees are made at the first question, and fit into the memory that they are given."""

from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from tests.twinserve.explain.games import explainer_of, numbers, rows

RNG = np.random.default_rng(0)
X = RNG.normal(size=(800, 8))
SCORE = X[:, 0] * X[:, 1] + X[:, 2]


def held(classes: int, memory: int) -> tuple[int, int]:
    """The bytes that an explainer of a forest holds before its first question, and after one for every class."""
    y = np.searchsorted(np.quantile(SCORE, np.arange(1, classes) / classes), SCORE)
    forest = RandomForestClassifier(10, max_depth=6, random_state=0).fit(X, y)
    explainer_of(forest, numbers(8), X, memory).explain(rows(X[:1]), [0])  # What is loaded once.
    gc.collect()
    tracemalloc.start()
    try:
        explainer = explainer_of(forest, numbers(8), X, memory)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        explainer.explain(rows(X[:classes]), [*range(classes)])
        gc.collect()
        return before, tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("classes", "memory"),
    [
        (2, 1_000_000),
        (5, 300_000),
        pytest.param(2, 300_000, marks=pytest.mark.extended),  # As the others: each takes seconds of counted memory.
        pytest.param(5, 1_000_000, marks=pytest.mark.extended),
    ],
)
def test_tables_of_all_classes_together_fit_into_the_memory(classes: int, memory: int) -> None:
    """The trees themselves, and where each table's bits are found, come on top: about a megabyte here."""
    without = held(classes, 0)[1]
    before, after = held(classes, memory)
    assert before < 500_000
    assert memory / 4 < after < without + memory + 500_000
