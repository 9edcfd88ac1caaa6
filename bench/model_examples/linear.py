"""Linear models."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn import discriminant_analysis, linear_model, svm
from sklearn.base import clone

from bench.model_examples.pipelines import named, scaled
from bench.model_examples.tables import Example, Table


def linear(two: Table, three: Table, amount: Table) -> Iterator[Example]:
    """Classifiers of two and of three classes, and regressors."""
    lm = linear_model
    for model in (
        lm.LogisticRegression(),
        lm.LogisticRegressionCV(cv=3, Cs=3),
        lm.SGDClassifier(loss="log_loss"),
        lm.SGDClassifier(loss="hinge"),
        lm.SGDClassifier(loss="modified_huber"),
        svm.LinearSVC(),
        lm.RidgeClassifier(),
        lm.RidgeClassifierCV(),
        lm.Perceptron(),
        discriminant_analysis.LinearDiscriminantAnalysis(),
    ):
        name = named(model)
        yield name, scaled(model), two
        yield f"{name}, three classes", scaled(clone(model)), three
    for model in (
        lm.LinearRegression(),
        lm.Ridge(),
        lm.RidgeCV(),
        lm.Lasso(),
        lm.LassoCV(cv=3),
        lm.ElasticNet(),
        lm.ElasticNetCV(cv=3),
        lm.SGDRegressor(),
        lm.HuberRegressor(max_iter=1000),
        lm.BayesianRidge(),
        lm.PoissonRegressor(),
        lm.GammaRegressor(),
        lm.TweedieRegressor(power=1.5),
        svm.LinearSVR(),
    ):
        yield named(model), scaled(model), amount
