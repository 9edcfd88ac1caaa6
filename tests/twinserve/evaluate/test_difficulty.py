"""The expected size of an error is stored whatever the trees split on."""

from __future__ import annotations

import numpy as np

from twinserve.evaluate.difficulty import FEWEST_ROWS, fit_difficulty


def test_a_split_between_null_and_numbers_is_stored_with_a_finite_threshold() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2 * FEWEST_ROWS, 1))
    x[::2] = np.nan
    errors = np.where(np.isnan(x[:, 0]), 5.0, 1.0)
    fitted = fit_difficulty(x, np.zeros(len(x)), errors, 0)
    assert fitted is not None
    largest = np.finfo(np.float64).max
    assert largest in {abs(threshold) for tree in fitted.trees for threshold in tree.thresholds}
