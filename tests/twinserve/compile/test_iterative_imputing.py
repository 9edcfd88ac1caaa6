"""Missing values that are predicted from the other columns are predicted as scikit-learn does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from tests.twinserve.compile.comparing import assert_same, compiled_answer, fitted, plain, random_numbers, some
from twinserve.compile import Column, compile_pipeline
from twinserve.errors import CannotCompile

shapes = st.tuples(st.integers(0, 10**6), st.integers(30, 80), st.integers(2, 5))
ESTIMATORS: list[Any] = [
    None, Ridge(), DecisionTreeRegressor(max_depth=3, random_state=0), make_pipeline(StandardScaler(), Ridge()),
]  # fmt: skip


def imputed(x: Any, head: Any = None, **parameters: Any) -> Any:
    """A fitted pipeline whose answer shows every imputed value."""
    model = make_pipeline(IterativeImputer(random_state=0, **parameters), head or LinearRegression())
    return fitted(model, x, np.arange(len(x)) * 1.0)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
@some
@given(shapes, st.sampled_from(["mean", "median", "constant"]), st.booleans(), st.booleans())
def test_each_column_is_predicted_from_the_others(
    estimator: Any, shape: tuple[int, int, int], strategy: str, indicator: bool, keep: bool
) -> None:
    x = random_numbers(*shape, missing=0.3)
    x[:, 0] = np.nan
    x = np.concatenate([x, np.arange(len(x))[:, None]], axis=1)
    model = imputed(
        x, estimator=estimator, initial_strategy=strategy, add_indicator=indicator, keep_empty_features=keep, max_iter=3
    )
    assert_same(model, plain(x), tolerance=1e-9)


@some
@given(shapes, st.sampled_from(["ascending", "roman", "random"]), st.sampled_from([None, 1]))
def test_order_of_columns_few_neighbours_and_limits(
    shape: tuple[int, int, int], order: str, nearest: int | None
) -> None:
    x = random_numbers(*shape, missing=0.2)
    x[0] = 1.0
    model = imputed(x, imputation_order=order, n_nearest_features=nearest, min_value=-2.0, max_value=2.0, max_iter=3)
    assert_same(model, plain(x), tolerance=1e-9)


def test_a_number_that_stands_for_missing() -> None:
    x = np.where(np.random.default_rng(0).random((60, 3)) < 0.2, -1.0, random_numbers(0, 60, 3))
    assert_same(imputed(x, missing_values=-1.0), plain(x), tolerance=1e-9)


def test_one_column_and_no_rounds_keep_the_first_fill() -> None:
    x = random_numbers(0, 60, 1, missing=0.2)
    assert_same(imputed(x), plain(x))
    assert_same(
        imputed(random_numbers(1, 60, 3, missing=0.2), max_iter=0), plain(random_numbers(2, 60, 3, missing=0.2))
    )


def test_what_overflows_is_refused_where_scikit_learn_raises_and_nowhere_else() -> None:
    """Of one missing value the prediction may be infinite; an estimator that is asked about that raises."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 3))
    x[:, 1:] = x[:, :1] * [100.0, 200.0] + rng.normal(size=(80, 2)) * 0.01
    x[rng.random(x.shape) < 0.1] = np.nan
    model = imputed(x, HistGradientBoostingRegressor(max_iter=3))
    one, two = [1.7e308, 1.0, np.nan], [1.7e308, np.nan, np.nan]
    with np.errstate(all="ignore"):
        expected = model.predict([one])
    assert np.isfinite(expected).all()
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="infinity"):
        model.predict([two])
    answer = compiled_answer(model, plain([one, two]))["value"]
    np.testing.assert_array_equal(np.isnan(answer), [False, True])
    assert answer[0] == expected[0]


def test_a_row_of_nulls_is_imputed_as_it_is_beside_other_rows() -> None:
    x = random_numbers(0, 60, 3, missing=0.2)
    model = imputed(x)
    nothing = np.full((1, 3), np.nan)
    beside = model.predict(np.concatenate([nothing, x]))[:1]
    np.testing.assert_allclose(compiled_answer(model, plain(nothing))["value"], beside, rtol=1e-9)


def test_columns_that_are_never_null_take_no_steps() -> None:
    x = random_numbers(0, 60, 4)
    x[::3, 1] = np.nan
    model = imputed(x)
    columns = [Column(f"x{i}", "number", nullable=i == 1) for i in range(4)]
    assert len(compile_pipeline(model, columns)) < len(compile_pipeline(model, plain(x).columns)) / 2


def test_what_draws_at_random_is_refused() -> None:
    x = random_numbers(0, 60, 3, missing=0.2)
    with pytest.raises(CannotCompile, match="sample_posterior=True draws numbers at random"):
        compile_pipeline(imputed(x, sample_posterior=True), plain(x).columns)
