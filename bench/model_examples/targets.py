"""Several targets, several labels, quantiles, and anomaly detectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import xgboost
from sklearn import (
    covariance,
    ensemble,
    gaussian_process,
    linear_model,
    multiclass,
    multioutput,
    neighbors,
    neural_network,
    svm,
    tree,
)

from bench.model_examples.pipelines import named, scaled
from bench.model_examples.tables import Example, Table
from twinserve.estimators.quantiles import Quantiles

TREES = 50


def _named(model: Any) -> str:
    """The last step of a pipeline, behind a scaler; XGBoost's estimators list every parameter, so by their class."""
    if type(model).__module__.startswith("xgboost."):
        return type(model).__name__
    return f"{named(model.steps[-1][1])}, scaled" if hasattr(model, "steps") else named(model)


def several_values(amount: Table) -> Iterator[Example]:
    """Two numbers at once."""
    value = np.asarray(amount.target, dtype=np.float64)
    table = Table(amount.frame, pd.DataFrame({"value": value, "root": np.sqrt(value)}))
    for model in (
        linear_model.LinearRegression(),
        linear_model.MultiTaskLasso(alpha=0.1),
        scaled(neural_network.MLPRegressor(hidden_layer_sizes=(16,))),
        tree.DecisionTreeRegressor(),
        ensemble.RandomForestRegressor(TREES),
        scaled(gaussian_process.GaussianProcessRegressor(alpha=1.0)),
        neighbors.KNeighborsRegressor(),
        multioutput.MultiOutputRegressor(ensemble.HistGradientBoostingRegressor()),
        multioutput.RegressorChain(linear_model.Ridge()),
        xgboost.XGBRegressor(n_estimators=TREES),
    ):
        yield f"{_named(model)}, two values", model, table


def several_labels(three: Table) -> Iterator[Example]:
    """A class of three and one of two at once; columns of 0 and 1."""
    kind, wide = np.asarray(three.target), np.asarray(three.frame["x1"] > 3).astype(int)
    table = Table(three.frame, pd.DataFrame({"kind": kind, "wide": wide}))
    for model in (
        tree.DecisionTreeClassifier(),
        ensemble.RandomForestClassifier(TREES),
        neighbors.KNeighborsClassifier(),
        multioutput.MultiOutputClassifier(linear_model.LogisticRegression(max_iter=1000)),
    ):
        yield f"{_named(model)}, two labels", model, table
    flags = Table(three.frame, pd.DataFrame({"second": (kind == 1).astype(int), "wide": wide}))
    for flagged in (
        scaled(neural_network.MLPClassifier(hidden_layer_sizes=(16,))),
        linear_model.RidgeClassifier(),
        multiclass.OneVsRestClassifier(linear_model.LogisticRegression(max_iter=1000)),
        multioutput.ClassifierChain(linear_model.LogisticRegression(max_iter=1000)),
        xgboost.XGBClassifier(n_estimators=TREES),
    ):
        yield f"{_named(flagged)}, two flags", flagged, flags


def quantiles(amount: Table) -> Iterator[Example]:
    """Three quantiles of one number."""
    for model in (
        Quantiles(ensemble.GradientBoostingRegressor(loss="quantile")),
        Quantiles(ensemble.HistGradientBoostingRegressor(loss="quantile", quantile=0.5)),
        Quantiles(linear_model.QuantileRegressor(alpha=0.0)),
    ):
        yield named(model), model, amount
    of_quantiles: dict[str, Any] = {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9]}
    yield "XGBRegressor, three quantiles", xgboost.XGBRegressor(n_estimators=TREES, **of_quantiles), amount


def outliers(two: Table) -> Iterator[Example]:
    """Detectors, of rows of which nothing else is known."""
    table = Table(two.frame, None)
    for model in (
        ensemble.IsolationForest(),
        scaled(svm.OneClassSVM()),
        scaled(linear_model.SGDOneClassSVM()),
        covariance.EllipticEnvelope(support_fraction=0.9),
        scaled(neighbors.LocalOutlierFactor(novelty=True)),
    ):
        yield _named(model), model, table
