"""Models that have no answer to some rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn import (
    compose,
    datasets,
    discriminant_analysis,
    ensemble,
    linear_model,
    neighbors,
    pipeline,
    preprocessing,
    svm,
)
from sklearn.base import clone

from bench.model_examples.pipelines import named, scaled
from bench.model_examples.tables import Example, Table, numbers, with_nulls_declared


def unanswered(two: Table, amount: Table) -> Iterator[Example]:
    """Each with rows that it has no answer to."""
    lm, p, nullable = linear_model, preprocessing, with_nulls_declared(two)
    logistic = lm.LogisticRegression(max_iter=5000)
    for model in (logistic, svm.LinearSVC(), ensemble.GradientBoostingClassifier(n_estimators=20)):
        yield f"{named(model)}, nulls declared that it cannot take", scaled(clone(model)), nullable
    for function in (np.log1p, np.sqrt, np.log):
        some = compose.ColumnTransformer([("some", p.FunctionTransformer(function), ["x0", "x1"])])
        model = pipeline.make_pipeline(some, p.StandardScaler(), clone(logistic))
        yield f"{function.__name__} + StandardScaler + LogisticRegression", model, two
    cubes = pipeline.make_pipeline(p.PolynomialFeatures(3), p.StandardScaler(), clone(logistic))
    yield "PolynomialFeatures(3) + StandardScaler + LogisticRegression", cubes, numbers(datasets.load_iris)
    yield "QuadraticDiscriminantAnalysis", discriminant_analysis.QuadraticDiscriminantAnalysis(reg_param=0.1), two
    yield "NearestCentroid", neighbors.NearestCentroid(), two
    yield "PoissonRegressor, not scaled", lm.PoissonRegressor(max_iter=1000), amount
    prices = compose.TransformedTargetRegressor(scaled(lm.Ridge()), func=np.log1p, inverse_func=np.expm1)
    yield "TransformedTargetRegressor(scaled Ridge, log1p, expm1)", prices, amount
