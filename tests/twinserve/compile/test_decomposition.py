"""Projections agree within rounding, whitened or not."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA, IncrementalPCA, TruncatedSVD
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.twinserve.compile.comparing import assert_same, plain, random_numbers, some


@some
@given(st.integers(0, 10**6), st.integers(2, 6), st.booleans())
def test_principal_components(seed: int, width: int, whiten: bool) -> None:
    x = random_numbers(seed, 60, width)
    for steps in (PCA(width - 1, whiten=whiten), IncrementalPCA(width - 1, whiten=whiten)):
        model = make_pipeline(StandardScaler(), steps, LinearRegression()).fit(x, np.arange(60.0))
        assert_same(model, plain(x), tolerance=1e-11)


@some
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_singular_vectors(seed: int, width: int) -> None:
    x = random_numbers(seed, 60, width)
    steps = TruncatedSVD(width - 1, random_state=0)
    model = make_pipeline(StandardScaler(), steps, LinearRegression()).fit(x, np.arange(60.0))
    assert_same(model, plain(x), tolerance=1e-11)
