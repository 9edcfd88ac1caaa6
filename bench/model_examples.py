"""The models that `bench/models.py` measures, each with a small table to fit it on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import xgboost
from pydantic import BaseModel, create_model
from sklearn import (
    calibration,
    compose,
    datasets,
    decomposition,
    discriminant_analysis,
    dummy,
    ensemble,
    feature_selection,
    impute,
    linear_model,
    model_selection,
    multiclass,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
    tree,
)
from sklearn.base import clone

TREES = 200

Example = tuple[str, Any, "Table"]


@dataclass(frozen=True)
class Table:
    """Rows and a target."""

    frame: pd.DataFrame
    target: Any
    declared: type[BaseModel] | None = None
    """The declared input; None if it is inferred from the rows."""


def numbers(loaded: Any) -> Table:
    """A table of numbers from one of scikit-learn's own data sets."""
    x, target = loaded(return_X_y=True)
    return Table(pd.DataFrame(x, columns=[f"x{i}" for i in range(x.shape[1])], dtype=np.float64), target)


def mixed(rows: int = 2000) -> Table:
    """Eight numbers and five categories, a tenth of both missing."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame()
    for i in range(8):
        frame[f"n{i}"] = rng.normal(size=rows) * 10.0 ** (i - 3)
        frame.loc[rng.random(rows) < 0.1, f"n{i}"] = np.nan
    for i in range(5):
        words = np.array([f"word {k}" for k in range(3 + 2 * i)], dtype=object)
        frame[f"c{i}"] = rng.choice(words, rows)
        frame.loc[rng.random(rows) < 0.1, f"c{i}"] = np.nan
    target = (frame["n3"].fillna(0.0) + (frame["c1"] == "word 2") + rng.normal(size=rows) > 0).astype(int)
    return Table(frame, np.asarray(target))


def with_nulls_declared(table: Table) -> Table:
    """The same rows without nulls, with a declared input that allows nulls."""
    fields: dict[str, Any] = dict.fromkeys(table.frame.columns, (float | None, ...))
    return Table(table.frame, table.target, create_model("Nullable", **fields))


def scaled(*steps: Any) -> Any:
    """A pipeline behind a StandardScaler."""
    return pipeline.make_pipeline(preprocessing.StandardScaler(), *steps)


def encoded(head: Any, encoder: Any = None) -> Any:
    """The usual pipeline for a mixed table."""
    encoder = encoder or preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    number = pipeline.make_pipeline(
        impute.SimpleImputer(strategy="median", add_indicator=True), preprocessing.StandardScaler()
    )
    word = pipeline.make_pipeline(impute.SimpleImputer(strategy="most_frequent"), encoder)
    parts = [("number", number, [f"n{i}" for i in range(8)]), ("word", word, [f"c{i}" for i in range(5)])]
    return pipeline.make_pipeline(compose.ColumnTransformer(parts), head)


def examples() -> Iterator[Example]:
    """Every example: a model with its table."""
    two, three, amount = (
        numbers(datasets.load_breast_cancer),
        numbers(datasets.load_iris),
        numbers(datasets.load_diabetes),
    )
    table = mixed()
    yield from _linear(two, three, amount)
    yield from _trees(two, three, amount)
    yield from _boosters(two, three, amount)
    yield from _other(two, three, amount)
    yield from _steps(two, three)
    yield from _tables(table)
    yield from _nested(two, three, amount)
    yield from _silent(two, amount)


def _linear(two: Table, three: Table, amount: Table) -> Iterator[Example]:
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
        name = _named(model)
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
        yield _named(model), scaled(model), amount


def _trees(two: Table, three: Table, amount: Table) -> Iterator[Example]:
    e = ensemble
    for model in (
        tree.DecisionTreeClassifier(),
        e.RandomForestClassifier(TREES),
        e.ExtraTreesClassifier(TREES),
        e.RandomForestClassifier(TREES, max_depth=4),
        e.GradientBoostingClassifier(n_estimators=50),
        e.HistGradientBoostingClassifier(max_iter=TREES),
    ):
        name = _named(model)
        yield name, model, two
        yield f"{name}, three classes", clone(model), three
    yield (
        "GradientBoostingClassifier(loss=exponential)",
        e.GradientBoostingClassifier(loss="exponential"),
        two,
    )
    for model in (
        tree.DecisionTreeRegressor(),
        e.RandomForestRegressor(TREES),
        e.ExtraTreesRegressor(TREES),
        e.GradientBoostingRegressor(),
        e.HistGradientBoostingRegressor(),
        e.HistGradientBoostingRegressor(loss="poisson"),
        e.HistGradientBoostingRegressor(loss="gamma"),
    ):
        yield _named(model), model, amount


def _boosters(two: Table, three: Table, amount: Table) -> Iterator[Example]:
    for model in (
        xgboost.XGBClassifier(n_estimators=TREES),
        lightgbm.LGBMClassifier(n_estimators=TREES, verbose=-1),
    ):
        name = f"{type(model).__name__}(n_estimators={TREES})"
        yield name, model, two
        yield f"{name}, three classes", clone(model), three
    for objective in ("reg:squarederror", "count:poisson"):
        yield f"XGBRegressor({objective})", xgboost.XGBRegressor(objective=objective), amount
    for objective in ("regression", "poisson"):
        yield f"LGBMRegressor({objective})", lightgbm.LGBMRegressor(objective=objective, verbose=-1), amount
    yield "XGBClassifier(booster='dart')", xgboost.XGBClassifier(booster="dart", verbosity=0), two


def _other(two: Table, three: Table, amount: Table) -> Iterator[Example]:
    nb, nn, e = naive_bayes, neural_network, ensemble
    for model in (
        nb.GaussianNB(),
        nb.MultinomialNB(),
        nb.ComplementNB(),
        nb.BernoulliNB(binarize=1.0),
        nb.CategoricalNB(min_categories=10),
    ):
        yield _named(model), model, two if not isinstance(model, nb.CategoricalNB) else three
    for activation in ("relu", "tanh", "logistic", "identity"):
        yield (
            f"MLPClassifier({activation})",
            scaled(nn.MLPClassifier((15, 7), activation=activation, max_iter=60)),
            two,
        )
    yield "MLPClassifier, three classes", scaled(nn.MLPClassifier((15,), max_iter=60)), three
    yield "MLPRegressor", scaled(nn.MLPRegressor(hidden_layer_sizes=(15,), max_iter=60)), amount
    for method in ("sigmoid", "isotonic", "temperature"):
        for base in (svm.LinearSVC(), e.RandomForestClassifier(20)):
            for joined in (True, False):
                model = calibration.CalibratedClassifierCV(base, method=method, ensemble=joined, cv=3)
                yield (
                    f"CalibratedClassifierCV({_named(base)}, {method}, ensemble={joined})",
                    scaled(model),
                    two,
                )
    yield (
        "CalibratedClassifierCV, three classes",
        scaled(calibration.CalibratedClassifierCV(svm.LinearSVC(), cv=3)),
        three,
    )
    voters = [("a", linear_model.LogisticRegression()), ("b", tree.DecisionTreeClassifier(max_depth=3))]
    yield "VotingClassifier(soft)", scaled(e.VotingClassifier(voters, voting="soft", weights=[1, 2])), three
    yield "VotingClassifier(hard)", scaled(e.VotingClassifier(voters)), three
    yield "StackingClassifier", scaled(e.StackingClassifier(voters, cv=3, passthrough=True)), two
    guessers = [("a", linear_model.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=3))]
    yield "VotingRegressor", scaled(e.VotingRegressor(guessers)), amount
    yield "StackingRegressor", scaled(e.StackingRegressor(guessers, cv=3)), amount
    yield "BaggingClassifier", e.BaggingClassifier(tree.DecisionTreeClassifier(), max_features=0.5), two
    yield "BaggingRegressor", e.BaggingRegressor(linear_model.Ridge()), amount
    yield (
        "TransformedTargetRegressor(log1p, expm1)",
        compose.TransformedTargetRegressor(linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1),
        amount,
    )
    yield (
        "GridSearchCV",
        model_selection.GridSearchCV(linear_model.LogisticRegression(max_iter=5000), {"C": [0.1, 1.0]}, cv=3),
        three,
    )
    for model in (
        dummy.DummyClassifier(),
        dummy.DummyClassifier(strategy="uniform"),
        neighbors.KNeighborsClassifier(),
        svm.SVC(),
        e.AdaBoostClassifier(),
    ):
        yield _named(model), model, two
    yield "DummyRegressor", dummy.DummyRegressor(), amount


def _steps(two: Table, three: Table) -> Iterator[Example]:
    p, d, f = preprocessing, decomposition, feature_selection
    logistic = linear_model.LogisticRegression(max_iter=5000)
    forest = ensemble.RandomForestClassifier(20, random_state=0)
    for step in (
        p.StandardScaler(),
        p.MinMaxScaler(),
        p.MinMaxScaler(clip=True),
        p.RobustScaler(),
        p.MaxAbsScaler(),
        p.Normalizer(),
        p.Normalizer(norm="l1"),
        p.Normalizer(norm="max"),
        p.Binarizer(threshold=1.0),
        p.KBinsDiscretizer(4),
        p.KBinsDiscretizer(4, encode="ordinal"),
        p.FunctionTransformer(np.log1p),
        p.PolynomialFeatures(2),
        d.PCA(5),
        d.PCA(5, whiten=True),
        d.TruncatedSVD(5),
        f.SelectKBest(k=5),
        f.SelectFromModel(tree.DecisionTreeClassifier()),
        f.RFE(logistic, n_features_to_select=5, step=10),
        f.VarianceThreshold(0.1),
        p.QuantileTransformer(n_quantiles=50),
        p.PowerTransformer(),
    ):
        yield f"{_named(step)} + RandomForest", pipeline.make_pipeline(step, forest), two
    yield (
        "FeatureUnion(StandardScaler, PCA) + LogisticRegression",
        pipeline.make_pipeline(pipeline.make_union(p.StandardScaler(), d.PCA(3)), logistic),
        three,
    )


def _tables(table: Table) -> Iterator[Example]:
    p, hist = preprocessing, ensemble.HistGradientBoostingClassifier(max_iter=TREES, early_stopping=False)
    yield "impute + scale + one-hot + HistGradientBoosting", encoded(hist), table
    yield "impute + scale + one-hot + LogisticRegression", encoded(linear_model.LogisticRegression()), table
    yield "impute + scale + one-hot + RandomForest", encoded(ensemble.RandomForestClassifier(TREES)), table
    rare = p.OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=0.1, drop="first", sparse_output=False)
    yield (
        "one-hot with infrequent and drop + LogisticRegression",
        encoded(linear_model.LogisticRegression(), rare),
        table,
    )
    unseen = p.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    yield "ordinal + HistGradientBoosting", encoded(hist, unseen), table
    yield (
        "target encoder + LogisticRegression",
        encoded(linear_model.LogisticRegression(), p.TargetEncoder()),
        table,
    )
    native = clone(hist).set_params(categorical_features=[f"c{i}" for i in range(5)])
    yield "HistGradientBoosting, native categories and missing values", native, table


def _nested(two: Table, three: Table, amount: Table) -> Iterator[Example]:
    """Ensembles and searches of pipelines."""
    e, lm, ms = ensemble, linear_model, model_selection
    searched = ms.GridSearchCV(scaled(lm.LogisticRegression()), {"logisticregression__C": [0.1, 1.0]}, cv=3)
    members = [("a", scaled(lm.LogisticRegression())), ("b", scaled(tree.DecisionTreeClassifier(max_depth=3)))]
    yield "VotingClassifier(soft) of pipelines", e.VotingClassifier(members, voting="soft"), three
    yield "VotingClassifier(hard) of pipelines and a search", e.VotingClassifier([*members, ("c", searched)]), two
    yield "StackingClassifier of pipelines", e.StackingClassifier(members, cv=3), three
    yield "StackingClassifier of searches", e.StackingClassifier([("a", clone(searched))], cv=3), two
    yield "BaggingClassifier of pipelines", e.BaggingClassifier(scaled(lm.LogisticRegression())), two
    yield "BaggingClassifier of searches", e.BaggingClassifier(clone(searched), n_estimators=3), two
    yield "GridSearchCV of a pipeline", clone(searched), two
    yield "BaggingRegressor of pipelines", e.BaggingRegressor(scaled(lm.Ridge())), amount
    for meta in (multiclass.OneVsRestClassifier, multiclass.OneVsOneClassifier):
        yield f"{meta.__name__} of pipelines", meta(scaled(lm.LogisticRegression())), three
        yield f"{meta.__name__} of searches", meta(clone(searched)), three


def _silent(two: Table, amount: Table) -> Iterator[Example]:
    """Models that cannot predict some rows."""
    lm, p, nullable = linear_model, preprocessing, with_nulls_declared(two)
    logistic = lm.LogisticRegression(max_iter=5000)
    for model in (logistic, svm.LinearSVC(), ensemble.GradientBoostingClassifier(n_estimators=20)):
        yield f"{_named(model)}, nulls declared that it cannot take", scaled(clone(model)), nullable
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


def _named(model: Any) -> str:
    """The class and the parameters that are not the default."""
    shown = repr(model).replace("\n", " ")
    return " ".join(shown.split()).removesuffix("()")
