"""Isotonic regression as a model of its own, with every way beyond the ends of its curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from tests.twinserve.compile.comparing import around, assert_same, compiled_answer, plain, some


@some
@given(st.integers(0, 10**6), st.integers(1, 40), st.booleans())
def test_every_point_of_the_curve_is_the_same(seed: int, rows: int, increasing: bool) -> None:
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(size=(rows, 1)), 1)
    model = IsotonicRegression(increasing=increasing, out_of_bounds="clip").fit(x, rng.normal(size=rows))
    probes = np.concatenate([around(x), rng.normal(size=30), [1e300, -1e300]])
    assert_same(model, plain(probes[:, None]), tolerance=0.0)


@pytest.mark.parametrize("beyond", ["nan", "raise"])
def test_beyond_its_ends_there_is_no_answer(beyond: str) -> None:
    x = np.array([[0.0], [1.0], [2.0]])
    model = IsotonicRegression(out_of_bounds=beyond).fit(x, [1.0, 3.0, 2.0])
    probes = [[-1e-9], [0.0], [0.5], [2.0], [np.nextafter(2.0, 3.0)]]
    answers = compiled_answer(model, plain(probes))["value"]
    np.testing.assert_array_equal(answers[1:4], model.predict(probes[1:4]))
    assert np.isnan(answers).tolist() == [True, False, False, False, True]
