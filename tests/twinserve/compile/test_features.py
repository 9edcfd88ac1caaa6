"""Polynomials, bins, selections and functions give scikit-learn's columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import feature_selection as f
from sklearn import preprocessing as p
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.twinserve.compile.comparing import (
    assert_same,
    fitted,
    plain,
    random_labels,
    random_numbers,
    rows_around,
    some,
)
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile

seeds = st.integers(0, 10**6)
SELECTORS = [
    f.VarianceThreshold(), f.SelectKBest(k=2), f.SelectPercentile(percentile=50), f.SelectFpr(alpha=0.9),
    f.SelectFdr(alpha=0.99), f.SelectFwe(alpha=0.99), f.GenericUnivariateSelect(mode="k_best", param=2),
    f.SelectFromModel(DecisionTreeClassifier(random_state=0)),
    f.RFE(DecisionTreeClassifier(), n_features_to_select=2),
    f.RFECV(DecisionTreeClassifier(random_state=0), cv=3),
    f.SequentialFeatureSelector(DecisionTreeClassifier(max_depth=2), n_features_to_select=2, cv=2),
]  # fmt: skip
FUNCTIONS = [None, np.log1p, np.expm1, np.sqrt, np.abs, np.square, np.exp, np.log, np.tanh, np.negative]


@some
@given(
    seeds,
    st.integers(1, 4),
    st.sampled_from([0, 1, 2, 3, (0, 2), (2, 3), (1, 1)]),
    st.booleans(),
    st.booleans(),
)
def test_polynomials_multiply_in_scikit_learns_order(
    seed: int, width: int, degree: Any, interactions: bool, bias: bool
) -> None:
    """Seen by a boosting that splits in double: a product in another order would differ in the last bit."""
    x = random_numbers(seed, 60, width)
    features = p.PolynomialFeatures(degree, interaction_only=interactions, include_bias=bias)
    try:
        model = make_pipeline(features, HistGradientBoostingRegressor(max_iter=3, min_samples_leaf=1))
        fitted(model, x, x.sum(axis=1))
    except ValueError:  # Nothing is left of one column without squares: scikit-learn itself has no model then.
        return
    assert_same(model, plain(x), tolerance=0.0)


@some
@given(
    seeds,
    st.sampled_from(["ordinal", "onehot", "onehot-dense"]),
    st.sampled_from(["uniform", "quantile", "kmeans"]),
    st.integers(2, 6),
)
def test_bins_hold_what_scikit_learns_hold_at_and_beside_their_edges(
    seed: int, encode: str, strategy: str, bins: int
) -> None:
    x = random_numbers(seed, 60, 3)
    options = (
        {"quantile_method": "averaged_inverted_cdf"} if "quantile_method" in p.KBinsDiscretizer().get_params() else {}
    )
    binned = p.KBinsDiscretizer(bins, encode=encode, strategy=strategy, random_state=0, subsample=None, **options)
    model = fitted(make_pipeline(binned, LinearRegression()), x, x.sum(axis=1))
    model[-1].coef_ = np.random.default_rng(seed).normal(size=model[-1].coef_.shape)
    assert_same(
        model,
        plain(rows_around(np.concatenate([x, 9 * x]), [0] * len(binned.bin_edges_[0]), binned.bin_edges_[0])),
    )


@pytest.mark.parametrize("selector", SELECTORS, ids=lambda s: type(s).__name__)
def test_a_selection_keeps_the_chosen_columns(selector: Any) -> None:
    x = random_numbers(3, 60, 4)
    model = make_pipeline(selector, DecisionTreeClassifier(random_state=0)).fit(x, random_labels(3, x, 2))
    assert_same(model, plain(x))


@pytest.mark.parametrize("func", FUNCTIONS, ids=lambda func: getattr(func, "__name__", "none"))
def test_a_function_of_the_allow_list_is_applied(func: Any) -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate([10.0 ** rng.uniform(-20, 2, (60, 3)), [[1e-300, 1.0, 0.5], [700.0, 1e-17, 2e-16]]])
    model = make_pipeline(p.FunctionTransformer(func), LinearRegression()).fit(x[:60] % 3, np.arange(60.0))
    model[-1].coef_, model[-1].intercept_ = np.array([1.0, 0.5, 0.25]), 0.0
    assert_same(model, plain(x), tolerance=2e-15 * (1 if func is not np.log else 100))


def test_log1p_and_expm1_keep_the_digits_of_small_numbers() -> None:
    """Relative to the result: `log(1 + x)` alone would have lost them all."""
    x = 10.0 ** -np.arange(1.0, 300.0, 7.0)[:, None]
    for func in (np.log1p, np.expm1):
        model = make_pipeline(p.FunctionTransformer(func), LinearRegression(fit_intercept=False)).fit([[1.0]], [1.0])
        model[-1].coef_ = np.array([1e300])
        assert_same(model, plain(np.concatenate([x, -x])), tolerance=1e-15)


def test_bins_of_single_precision_are_refused() -> None:
    """They compare after rounding to float32."""
    x = random_numbers(0, 40, 2)
    bins = p.KBinsDiscretizer(3, encode="ordinal", dtype=np.float32, strategy="uniform")
    model = make_pipeline(bins, DecisionTreeRegressor()).fit(x, x[:, 0])
    with pytest.raises(CannotCompile, match="KBinsDiscretizer: dtype="):
        compile_pipeline(model, plain(x).columns)


def test_another_function_is_refused() -> None:
    x = random_numbers(0, 20, 2)
    for step in (p.FunctionTransformer(np.sin), p.FunctionTransformer(np.round, kw_args={"decimals": 1})):
        model = make_pipeline(step, DecisionTreeRegressor()).fit(x, x[:, 0])
        with pytest.raises(
            CannotCompile, match="FunctionTransformer: func is not None and not one of absolute, arcsinh"
        ):
            compile_pipeline(model, plain(x).columns)
