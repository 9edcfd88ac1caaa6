"""Projections agree within rounding, whitened or not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import (
    PCA,
    FactorAnalysis,
    FastICA,
    IncrementalPCA,
    MiniBatchSparsePCA,
    SparsePCA,
    TruncatedSVD,
)
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.neural_network import BernoulliRBM
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection

from tests.twinserve.compile.comparing import assert_same, fitted, plain, random_labels, random_numbers, some
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile


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


PROJECTIONS: list[Any] = [
    FastICA(2, random_state=0),
    FastICA(2, whiten="arbitrary-variance", random_state=0),
    FactorAnalysis(2),
    SparsePCA(2, max_iter=5, random_state=0),
    MiniBatchSparsePCA(2, max_iter=5, random_state=0),
    GaussianRandomProjection(2, random_state=0),
    SparseRandomProjection(2, random_state=0),
    SparseRandomProjection(2, dense_output=True, random_state=0),
    NeighborhoodComponentsAnalysis(2, max_iter=3, random_state=0),
    BernoulliRBM(3, n_iter=2, random_state=0),
    LinearDiscriminantAnalysis(),
    LinearDiscriminantAnalysis(solver="eigen", n_components=1),
]


@pytest.mark.parametrize("step", PROJECTIONS, ids=str)
@some
@given(st.integers(0, 10**6), st.integers(3, 6))
def test_what_comes_after_a_projection_gets_the_same_columns(step: Any, seed: int, width: int) -> None:
    x = random_numbers(seed, 60, width)
    model = fitted(make_pipeline(StandardScaler(), step, LogisticRegression()), x, random_labels(seed, x, 3))
    assert_same(model, plain(np.concatenate([x, x * 9.0])), tolerance=1e-11)


def test_a_discriminant_as_a_part_of_the_columns() -> None:
    """Its `predict` is another function than its `transform`, which a column transformer asks for."""
    x = random_numbers(0, 60, 4)
    inner = make_pipeline(StandardScaler(), LinearDiscriminantAnalysis())
    parts = ColumnTransformer([("one", inner, [0, 1, 2]), ("two", LinearDiscriminantAnalysis(), [1, 3])])
    model = fitted(make_pipeline(parts, LogisticRegression()), x, random_labels(0, x, 3))
    assert_same(model, plain(x), tolerance=1e-11)


def test_a_solver_that_does_not_transform_is_refused() -> None:
    x = random_numbers(0, 60, 3)
    model = make_pipeline(LinearDiscriminantAnalysis(), LogisticRegression()).fit(x, random_labels(0, x, 3))
    model[0].solver = "lsqr"
    with pytest.raises(CannotCompile, match="solver='lsqr' does not transform"):
        compile_pipeline(model, plain(x).columns)
