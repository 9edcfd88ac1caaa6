"""Power transforms and places among quantiles, before sums and before trees."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer, QuantileTransformer, StandardScaler

from tests.twinserve.compile.comparing import Floats, assert_same, plain, running
from tests.twinserve.compile.test_library_functions import is_pushed, rows_at_turns
from twinserve.compile import compile_pipeline

pytestmark = pytest.mark.extended

few = settings(max_examples=4, deadline=None)
STEPS = [
    PowerTransformer(),
    PowerTransformer(standardize=False),
    PowerTransformer("box-cox"),
    PowerTransformer("box-cox", standardize=False),
    QuantileTransformer(n_quantiles=30),
    QuantileTransformer(n_quantiles=30, output_distribution="normal"),
]
EXPONENTS = [-3.0, -1e-20, 0.0, 1e-17, 0.4, 1.0, 2.0 - 1e-17, 2.0, 2.5, 7.0]


def skewed(seed: int, rows: int = 90, width: int = 3) -> Floats:
    """Positive numbers of a skewed distribution, some of them equal."""
    rng = np.random.default_rng(seed)
    x: Floats = np.exp(rng.normal(size=(rows, width))) * 10.0 ** rng.integers(-3, 3, width)
    x[rng.random(x.shape) < 0.15] = x[0, 0]
    return x


def signed(step: Any, x: Floats) -> Floats:
    """The numbers themselves, or those less 1 where the step takes negative ones."""
    return x if getattr(step, "method", "") == "box-cox" else x - 1.0


def learned(model: Any, x: Floats, y: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(x, y)


@pytest.mark.parametrize("step", STEPS, ids=str)
@few
@given(st.integers(0, 10**6))
def test_before_a_sum(step: Any, seed: int) -> None:
    x = signed(step, skewed(seed))
    model = learned(make_pipeline(step, LinearRegression()), x, np.arange(len(x)) * 1.0)
    model[-1].coef_ = np.array([1.0, 0.5, 0.25])
    assert_same(model, plain(np.concatenate([x, signed(step, 7 * np.abs(x))])), tolerance=1e-11)


@pytest.mark.parametrize("step", STEPS[:-1], ids=str)
@pytest.mark.parametrize("forest", [True, False], ids=["forest", "boosting"])
@few
@given(st.integers(0, 10**6))
def test_both_sides_of_every_split(step: Any, forest: bool, seed: int) -> None:
    """But for normal deviates: SciPy's do not rise in the last bit everywhere, and the graph's differ in it."""
    x = signed(step, skewed(seed))
    last = RandomForestRegressor(5, max_depth=6, random_state=0)
    last = last if forest else HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=1)
    model = learned(make_pipeline(step, last), x, np.random.default_rng(seed).random(len(x)))
    assert_same(model, plain(rows_at_turns(model, x)), tolerance=0.0)
    assert is_pushed(model, x)


@pytest.mark.parametrize("method", ["yeo-johnson", "box-cox"])
@pytest.mark.parametrize("exponent", EXPONENTS)
def test_every_exponent_at_extremes(method: str, exponent: float) -> None:
    x = skewed(1, width=1)
    model = make_pipeline(PowerTransformer(method, standardize=False), LinearRegression())
    learned(model, x, np.arange(len(x)) * 1.0)
    model[0].lambdas_[0], model[1].coef_, model[1].intercept_ = exponent, np.array([1.0]), 0.0
    sizes = np.concatenate([10.0 ** np.arange(-300, 40, 7.3), [5e-324, 1e100]])[:, None]
    rows = sizes if method == "box-cox" else np.concatenate([sizes, -sizes, [[0.0], [-0.0]]])
    with np.errstate(all="ignore"):
        rows = rows[np.isfinite(model[0].transform(rows))[:, 0]]
    assert_same(model, plain(rows), tolerance=1e-12)


def test_a_number_that_is_not_positive_has_no_logarithm_of_box_and_cox() -> None:
    x = skewed(2)
    model = make_pipeline(PowerTransformer("box-cox"), HistGradientBoostingRegressor(max_iter=3))
    model.fit(x, np.arange(len(x)) * 1.0)
    rows = np.array([[0.5] * 3, [0.0, 0.5, 0.5], [-1.0, 0.5, 0.5], [np.nan, 0.5, 0.5], [5e-324, 0.5, 0.5]])
    answer = running(compile_pipeline(model, plain(x).columns))(rows)["value"]
    assert np.isnan(answer).tolist() == [False, True, True, False, False]
    answered = rows[[0, 3, 4]]
    np.testing.assert_array_equal(answer[[0, 3, 4]], model.predict(answered))


@pytest.mark.parametrize("output", ["uniform", "normal"])
@few
@given(st.integers(0, 10**6), st.integers(2, 60))
def test_places_at_between_and_beyond_quantiles(output: str, seed: int, count: int) -> None:
    """Quantiles that are equal, that are next to each other, and a column that is the same everywhere."""
    x = skewed(seed)
    x[:, 1] = np.round(x[:, 1])
    x[:, 2] = 3.5
    x[1::3, 0] = np.nextafter(x[0::3, 0], 99.0)
    step = QuantileTransformer(n_quantiles=count, output_distribution=output)
    model = learned(make_pipeline(step, LinearRegression()), x, np.arange(len(x)) * 1.0)
    model[-1].coef_ = np.array([1.0, 0.5, 0.25])
    rows = [x]
    for column, edges in enumerate(step.quantiles_.T):
        for moved in (edges, np.nextafter(edges, 1e9), np.nextafter(edges, -1e9), edges + 0.9e-7, edges - 1.1e-7):
            part = np.repeat(x[:1], count, axis=0)
            part[:, column] = moved
            rows.append(part)
    rows.append(np.repeat(np.array([-1e308, 1e308, 0.0, -1.0])[:, None], 3, axis=1))
    assert_same(model, plain(np.concatenate(rows)), tolerance=1e-12)


def test_null_stays_null_and_a_scaler_may_come_before() -> None:
    x = skewed(3)
    x[np.random.default_rng(0).random(x.shape) < 0.1] = np.nan
    for step in STEPS[:-1]:
        before = [] if getattr(step, "method", "") == "box-cox" else [StandardScaler()]
        last = HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=1)
        model = learned(make_pipeline(*before, step, last), x, np.arange(len(x)) * 1.0)
        assert_same(model, plain(np.concatenate([x, 3 * x, [[np.nan] * 3]])), tolerance=0.0)
        assert is_pushed(model, x)
