"""Each step has the bits of scikit-learn's sparse matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import binarize, normalize

from twinserve.arrays import FloatArray
from twinserve.text import entries
from twinserve.text.entries import Entries, gathered

WIDTH = 9
ROWS = st.lists(st.lists(st.integers(0, WIDTH - 1), max_size=30), min_size=1, max_size=6)
"""The columns of the words of texts."""
FACTORS = np.random.default_rng(0).random(WIDTH) + 0.5


def matrix(made: Entries, width: int = WIDTH) -> Any:
    """The entries as SciPy's matrix."""
    return sparse.csr_array((made.values, (made.rows, made.columns)), shape=(made.length, width))


def logarithms(counts: Any) -> Any:
    """scikit-learn's sublinear counts."""
    return TfidfTransformer(norm=None, use_idf=False, sublinear_tf=True).fit_transform(counts)


STEPS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "ones": (entries.ones, lambda counts: (counts > 0).astype(float)),
    "logarithm": (entries.logarithm, logarithms),
    "l1": (entries.l1, lambda counts: normalize(counts, norm="l1")),
    "l2": (entries.l2, normalize),
    "times": (entries.times(FACTORS), lambda counts: counts.multiply(FACTORS)),
    "times one factor": (entries.times(np.array([0.3])), lambda counts: counts * 0.3),
    "above": (entries.above(3.0), lambda counts: binarize(counts, threshold=3.0)),
    "selected": (entries.selected(np.array([1, 4, 8]), WIDTH), lambda counts: counts[:, [1, 4, 8]]),
    "in another order": (entries.selected(np.array([4, 1]), WIDTH), lambda counts: counts[:, [4, 1]]),
}


@pytest.mark.parametrize("name", STEPS)
@given(rows=ROWS)
def test_a_step_has_the_bits_of_scikit_learn(name: str, rows: list[list[int]]) -> None:
    step, theirs = STEPS[name]
    expected = theirs(matrix(gathered(rows, WIDTH)))
    assert dense(step(gathered(rows, WIDTH)), expected.shape[1]).tobytes() == expected.toarray().tobytes()


@given(ROWS)
def test_entries_are_in_order_and_alike_in_every_batch(rows: list[list[int]]) -> None:
    made = entries.l2(gathered(rows, WIDTH))
    assert (np.lexsort((made.columns, made.rows)) == np.arange(len(made.rows))).all()
    alone = [dense(entries.l2(gathered([row], WIDTH))) for row in rows]
    assert np.concatenate(alone).tobytes() == dense(made).tobytes()


@given(st.lists(st.lists(st.integers(-WIDTH, WIDTH - 1), max_size=30), min_size=1, max_size=4))
def test_a_complement_takes_one_from_its_column(rows: list[list[int]]) -> None:
    expected = np.zeros((len(rows), WIDTH))
    for row, codes in enumerate(rows):
        for code in codes:
            expected[row, max(code, ~code)] += 1 if code >= 0 else -1
    assert (dense(gathered(rows, WIDTH)) == expected).all()


@given(ROWS)
def test_rows_are_summed_in_the_order_of_scipy_s_product(rows: list[list[int]]) -> None:
    made = entries.l2(gathered(rows, WIDTH))
    ours = made.sums(made.values * FACTORS[made.columns])
    assert ours.tobytes() == (matrix(made) @ FACTORS).tobytes()


def dense(made: Entries, width: int = WIDTH) -> FloatArray:
    """The entries as a whole table."""
    table = np.zeros((made.length, width))
    table[made.rows, made.columns] = made.values
    return table
