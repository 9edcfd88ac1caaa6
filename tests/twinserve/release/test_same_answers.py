"""A target, or predictions, of more than one dimension are refused with what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

from twinserve.errors import CannotPackage
from twinserve.release.from_estimator import package

X = pd.DataFrame(np.random.default_rng(0).random((100, 2)), columns=["a", "b"])
Y = X[["a"]] * 2


def test_a_model_fitted_on_a_column_is_told_how_to_fit_it(tmp_path: Path) -> None:
    told = r"^LinearRegression predicts an array of 2 dimensions; fit it on a target of one, such as y\.ravel\(\)\.$"
    with pytest.raises(CannotPackage, match=told):
        package(LinearRegression().fit(X, Y), X, Y, name="own", artifacts=tmp_path)


def test_several_targets_are_told(tmp_path: Path) -> None:
    both = np.c_[Y, Y]
    estimator = RandomForestRegressor(2).fit(X, both)
    with pytest.raises(CannotPackage, match=r"^y has 2 columns; a model has one label or value for each row\.$"):
        package(estimator, X, both, name="own", artifacts=tmp_path)
