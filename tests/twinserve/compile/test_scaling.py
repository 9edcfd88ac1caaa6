"""Scalers compute scikit-learn's very doubles, so that a tree behind them splits the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import preprocessing as p
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

from tests.twinserve.compile.comparing import assert_same, fitted, plain, random_numbers, rows_around, some

shapes = st.tuples(st.integers(0, 10**6), st.integers(30, 80), st.integers(1, 5))
NAN_PASSES = [
    p.StandardScaler(), p.StandardScaler(with_mean=False), p.StandardScaler(with_std=False),
    p.MinMaxScaler(), p.MinMaxScaler((-3.0, 0.1)), p.MinMaxScaler(clip=True), p.RobustScaler(),
    p.RobustScaler(with_centering=False), p.RobustScaler(with_scaling=False), p.MaxAbsScaler(),
]  # fmt: skip
EXTREMES = (0.0, -0.0, 5e-324, -5e-324, 1e-310, 1e39, -1e39, 1e308, -1e308, np.nan)
ROWWISE = [p.Normalizer("l1"), p.Normalizer("l2"), p.Normalizer("max"), p.Binarizer(threshold=1.5)]


@pytest.mark.parametrize("scaler", NAN_PASSES, ids=str)
@some
@given(shapes, st.sampled_from([0.0, 0.2]))
def test_a_scaler_before_a_boosting_that_splits_in_double(
    scaler: Any, shape: tuple[int, int, int], share: float
) -> None:
    """Each row's own number is a threshold's neighbour: one bit more or less would show."""
    x = random_numbers(*shape, missing=share)
    x[:2] = 0.25
    model = make_pipeline(scaler, HistGradientBoostingRegressor(max_iter=3, min_samples_leaf=1, max_bins=255))
    model.fit(x, np.arange(len(x)) * 1.0)
    edges = np.quantile(np.nan_to_num(x[:, 0]), [0.1, 0.5, 0.9])
    extremes = np.repeat(np.array(EXTREMES)[:, None], x.shape[1], axis=1)
    rows = rows_around(np.concatenate([x, 3 * x]), [0] * 3, edges)
    assert_same(model, plain(np.concatenate([rows, extremes])), tolerance=0.0)


@pytest.mark.parametrize("scaler", ROWWISE, ids=str)
@some
@given(shapes)
def test_a_map_of_each_row_before_a_tree(scaler: Any, shape: tuple[int, int, int]) -> None:
    x = random_numbers(*shape)
    x[0] = 0.0
    model = make_pipeline(scaler, DecisionTreeRegressor(max_depth=4, random_state=0)).fit(x, x[:, 0])
    assert_same(model, plain(rows_around(x, [0], [1.5])))


def test_a_norm_below_ten_epsilons_divides_by_one() -> None:
    x = np.array([[1e-16, 0.0], [1e-15, 3e-15], [0.0, 0.0], [1.0, 2.0]])
    model = fitted(make_pipeline(p.Normalizer(), DecisionTreeRegressor(random_state=0)), x, [1.0, 2.0, 3.0, 4.0])
    assert_same(model, plain(x))


def test_max_abs_scaler_cuts_where_it_is_told_to() -> None:
    """`clip` came with scikit-learn 1.8; before, there is nothing to cut."""
    if "clip" not in p.MaxAbsScaler().get_params():
        pytest.skip("this scikit-learn's MaxAbsScaler has no clip")
    x = random_numbers(0, 40, 2)
    model = make_pipeline(p.MaxAbsScaler(clip=True), HistGradientBoostingRegressor(max_iter=3, min_samples_leaf=1))
    assert_same(model.fit(x, x[:, 0]), plain(np.concatenate([x, 5 * x, -5 * x])), tolerance=0.0)
