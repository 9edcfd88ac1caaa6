"""Helpers of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinserve.arrays import MANY, extremes


@pytest.mark.parametrize("pick", [np.minimum, np.maximum, np.fmin, np.fmax])
@given(rows=st.integers(1, 3 * MANY), columns=st.integers(1, 5), seed=st.integers(0, 9), null=st.floats(0, 0.1))
def test_extremes_are_those_of_each_column(pick: Any, rows: int, columns: int, seed: int, null: float) -> None:
    generator = np.random.default_rng(seed)
    matrix = generator.normal(size=(rows, columns))
    matrix[generator.random(matrix.shape) < null] = np.nan
    expected = pick.reduce(matrix)
    np.testing.assert_array_equal(extremes(pick, matrix), expected)
    np.testing.assert_array_equal(extremes(pick, np.asfortranarray(matrix)), expected)
