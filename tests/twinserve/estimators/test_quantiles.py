"""`Quantiles` fits one estimator for each level, by the parameter that the estimator has for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, QuantileRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twinserve.estimators.quantiles import Quantiles, level_parameter

RNG = np.random.default_rng(0)
X = pd.DataFrame({"a": RNG.normal(size=200)})
Y = X["a"].to_numpy() + RNG.normal(size=200)


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (HistGradientBoostingRegressor(loss="quantile", quantile=0.5, max_iter=5), "quantile"),
        (GradientBoostingRegressor(loss="quantile", n_estimators=5), "alpha"),
        (QuantileRegressor(alpha=0.0), "quantile"),
        (make_pipeline(StandardScaler(), QuantileRegressor(alpha=0.0)), "quantileregressor__quantile"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_each_level_has_an_estimator(estimator: Any, name: str) -> None:
    """Fitted as if it were alone; the prediction is the middle one."""
    assert level_parameter(estimator) == name
    made = Quantiles(estimator, (0.1, 0.5, 0.9)).fit(X, Y)
    for place, level in enumerate((0.1, 0.5, 0.9)):
        alone = clone(estimator).set_params(**{name: level}).fit(X, Y)
        assert np.array_equal(made.predict_quantiles(X)[:, place], alone.predict(X))
    assert np.array_equal(made.predict(X), made.predict_quantiles(X)[:, 1])
    below = (made.predict_quantiles(X) > Y[:, None]).mean(axis=0)
    assert below[0] < 0.3 < below[1] < 0.7 < below[2]


def test_lightgbm_takes_the_level_beside_its_objective() -> None:
    lightgbm = pytest.importorskip("lightgbm", reason="the extra `boosters` is not installed")
    model = Quantiles(lightgbm.LGBMRegressor(objective="quantile", n_estimators=5, verbose=-1)).fit(X, Y)
    low, middle, high = model.predict_quantiles(X).mean(axis=0)
    assert low < middle < high


def test_weights_go_to_each_estimator() -> None:
    """Rows that weigh nothing change nothing."""
    weights = np.asarray(X["a"] > 0, dtype=np.float64)
    estimator = QuantileRegressor(alpha=0.0)
    weighed, some = Quantiles(estimator).fit(X, Y, weights), Quantiles(estimator).fit(X[weights > 0], Y[weights > 0])
    assert np.allclose(weighed.predict_quantiles(X), some.predict_quantiles(X), atol=1e-6)


def test_fitted_estimators_are_put_in_order() -> None:
    fitted = {level: QuantileRegressor(quantile=level, alpha=0.0).fit(X, Y) for level in (0.9, 0.1, 0.5)}
    made = Quantiles.of(fitted)
    assert made.quantiles_ == (0.1, 0.5, 0.9)
    assert np.array_equal(made.predict(X), fitted[0.5].predict(X))
    assert (made.n_features_in_, made.feature_names_in_.tolist()) == (1, ["a"])


def test_an_estimator_without_a_level_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^LinearRegression has no parameter for the level of a quantile\.$"):
        Quantiles(LinearRegression()).fit(X, Y)
