"""The Shapley values of linear models."""

from __future__ import annotations

import numpy as np

from twinserve.explain.linear_values import LinearValues
from twinserve.explain.stored import StoredLinear


def test_values_beyond_a_double_make_no_warning() -> None:
    """They are infinite or undefined, and such a row has no explanation."""
    stored = StoredLinear(columns=(0, 1, 2), weights=((10.0, -10.0, 1.0),), means=(0.0, 0.0, 0.5))
    contributions = np.zeros((2, 2))
    LinearValues(stored, 0, np.array([0, 0, 1])).add(np.array([[1e308, 1e308, 2.0], [1.0, 2.0, 3.0]]), contributions)
    assert np.isnan(contributions[0, 0])
    assert contributions[1].tolist() == [-10.0, 2.5]
