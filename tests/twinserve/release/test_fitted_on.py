"""What an estimator was fitted on and is made of: the sentence says what to do instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from twinserve import open_model, package
from twinserve.errors import CannotPackage

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(200, 3)), columns=["a", "b", "c"])
Y = (X["a"] > 0).astype(int)
FITTED = LogisticRegression().fit(X, Y)


def refusal(estimator: Any, table: Any, folder: Path) -> str:
    with pytest.raises(CannotPackage) as caught:
        package(estimator, table, Y, name="m", artifacts=folder)
    return str(caught.value)


def test_columns_in_another_order(tmp_path: Path) -> None:
    assert refusal(FITTED, X[["c", "b", "a"]], tmp_path) == (
        "X has its columns in another order than the estimator was fitted on: give "
        "X[list(estimator.feature_names_in_)], to held_out as well."
    )


@pytest.mark.parametrize(
    ("table", "what"),
    [
        (X.rename(columns={"a": "z"}), "which lacks 'a' and has 'z' besides"),
        (X[["a", "b"]], "which lacks 'c'"),
        (X.assign(d=1.0), "which has 'd' besides"),
    ],
)
def test_other_columns(table: pd.DataFrame, what: str, tmp_path: Path) -> None:
    assert refusal(FITTED, table, tmp_path) == (
        f"It was fitted on other columns than those of X, {what}; give the table that it knows."
    )


def test_infinity_which_json_has_not(tmp_path: Path) -> None:
    beyond = X.mask(X > 2.0, np.inf)
    assert refusal(HistGradientBoostingClassifier(max_iter=3).fit(beyond, Y), beyond, tmp_path) == (
        "X holds infinity in 'a', 'b', and JSON has no such number: leave those rows out."
    )


def squared(table: Any) -> Any:
    return table**2


def within() -> Any:
    def squared(table: Any) -> Any:
        return table**2

    return squared


def of_the_script() -> Any:
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec("def squared(table): return table**2", scope)  # As in a script or a notebook.
    return scope["squared"]


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda table: table**2, "a lambda"),
        (within(), "the function squared"),
        (of_the_script(), "the function squared"),
    ],
)
def test_a_function_that_no_server_can_import(function: Any, kind: str, tmp_path: Path) -> None:
    model = make_pipeline(FunctionTransformer(function), LogisticRegression()).fit(X, Y)
    assert refusal(model, X, tmp_path) == (
        f"It holds {kind}, which a server could not import: write it as a function of a module that is installed "
        "beside the server, or use one of NumPy's."
    )


def test_a_function_of_a_module(tmp_path: Path) -> None:
    model = make_pipeline(FunctionTransformer(squared), LogisticRegression()).fit(X, Y)
    assert package(model, X, Y, name="m", artifacts=tmp_path) == 1


def test_a_model_of_one_column_of_targets(tmp_path: Path) -> None:
    """Its answers are a column, too, whether it compiles or not."""
    y = X["a"].to_frame("height") * 2.0
    for number, model in enumerate((LinearRegression(), KNeighborsRegressor()), 1):
        version = package(model.fit(X, y), X, y, name="m", artifacts=tmp_path)
        assert version == number
        answer = open_model(tmp_path, "m", version, trust_pickles=True).predict(X[:3])
        np.testing.assert_allclose(answer["value"], np.ravel(model.predict(X[:3])), rtol=1e-9)


def test_too_few_rows_to_measure_on_need_not_be_measured(tmp_path: Path) -> None:
    with pytest.raises(CannotPackage) as caught:
        package(FITTED, X[:2], Y[:2], name="m", artifacts=tmp_path)
    assert str(caught.value) == (
        "The class '0' has no row on the training side; give more rows of it. Or give None for X and y: it is "
        "proved then, and not measured."
    )
    assert package(FITTED, None, None, name="m", artifacts=tmp_path) == 1
