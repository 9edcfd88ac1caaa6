"""B-splines between, at and beyond their knots."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

from tests.twinserve.compile.comparing import Floats, assert_same, plain, random_numbers, running
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile

BEYOND = ["constant", "linear", "continue", "periodic"]
few = settings(max_examples=6, deadline=None)


def weighted(step: Any, x: Floats, seed: int = 0) -> Any:
    """The splines times random weights, which show a wrong place or value of each."""
    model = make_pipeline(step, LinearRegression()).fit(x, np.nansum(x, axis=1))
    model[-1].coef_ = np.random.default_rng(seed).normal(size=model[-1].coef_.shape)
    return model


def at_knots(step: SplineTransformer, x: Floats) -> Floats:
    """Rows at every knot and one double to each side of it."""
    rows = [x]
    for column, spline in enumerate(step.bsplines_):
        for moved in (spline.t, np.nextafter(spline.t, -np.inf), np.nextafter(spline.t, np.inf)):
            part = np.repeat(x[:1], len(moved), axis=0)
            part[:, column] = moved
            rows.append(part)
    return np.concatenate(rows)


@pytest.mark.parametrize("beyond", BEYOND)
@pytest.mark.parametrize("knots", ["uniform", "quantile"])
@few
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(5, 8), st.booleans())
def test_the_sum_of_the_splines(beyond: str, knots: str, seed: int, degree: int, count: int, bias: bool) -> None:
    x = random_numbers(seed, 60, 3)
    step = SplineTransformer(count, degree, knots=knots, extrapolation=beyond, include_bias=bias)
    model = weighted(step, x, seed)
    rows = np.concatenate([at_knots(step, x), 1.5 * x, -x])
    assert_same(model, plain(rows), tolerance=1e-10 if beyond == "continue" else 1e-11)


@pytest.mark.parametrize("beyond", BEYOND)
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_trees_behind_splines_get_the_very_numbers(beyond: str, sparse: bool) -> None:
    x = random_numbers(1, 80, 2)
    step = SplineTransformer(5, 3, extrapolation=beyond, sparse_output=sparse)
    model = make_pipeline(step, RandomForestRegressor(20, random_state=0)).fit(x, np.arange(80.0))
    assert_same(model, plain(np.concatenate([at_knots(step, x), 2 * x, -x])), tolerance=0.0)


def test_beyond_the_knots_there_may_be_no_answer() -> None:
    x = np.random.default_rng(0).random((50, 2))
    model = weighted(SplineTransformer(5, 3, extrapolation="error"), x)
    rows = np.concatenate([x[:3], [[x[:, 0].max(), 0.5], [np.nextafter(x[:, 0].max(), 9), 0.5], [0.5, -0.1]]])
    answer = running(compile_pipeline(model, plain(x).columns))(rows)["value"]
    assert np.isnan(answer).tolist() == [False] * 4 + [True] * 2
    np.testing.assert_allclose(answer[:4], model.predict(rows[:4]), rtol=1e-12)


def test_null_gives_zeros_where_that_is_wished() -> None:
    if "handle_missing" not in SplineTransformer().get_params():
        pytest.skip("this scikit-learn's splines refuse null")
    x = random_numbers(2, 60, 2, missing=0.2)
    for beyond in [*BEYOND, "error"]:
        model = weighted(SplineTransformer(5, 3, extrapolation=beyond, handle_missing="zeros"), x)
        assert_same(model, plain(x), tolerance=1e-11)


def test_behind_a_scaler_and_far_away() -> None:
    x = random_numbers(3, 60, 2)
    for beyond in BEYOND[:2]:
        model = make_pipeline(StandardScaler(), *weighted(SplineTransformer(5, 3, extrapolation=beyond), x))
        model.fit(x, x.sum(axis=1))
        assert_same(model, plain([[1e7, 0.0], [-1e7, 1.0], [5e-324, -0.0], *x]), tolerance=1e-9)


def test_a_degree_of_zero_is_refused() -> None:
    x = random_numbers(4, 60, 2)
    with pytest.raises(CannotCompile, match="SplineTransformer: degree=0 is not lowered"):
        compile_pipeline(weighted(SplineTransformer(5, 0, extrapolation="continue"), x), plain(x).columns)
