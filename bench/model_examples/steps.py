"""Transformers before a model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn import (
    cluster,
    decomposition,
    discriminant_analysis,
    ensemble,
    feature_selection,
    kernel_approximation,
    linear_model,
    neural_network,
    pipeline,
    preprocessing,
    random_projection,
    tree,
)
from sklearn.base import clone
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 # Its class is not there without it.

from sklearn import impute  # isort: skip
from bench.model_examples.pipelines import encoded, named, scaled
from bench.model_examples.tables import Example, Table
from bench.model_examples.trees import TREES


def steps(two: Table, three: Table) -> Iterator[Example]:
    """Each transformer of numbers before a forest."""
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
        p.QuantileTransformer(n_quantiles=50, output_distribution="normal"),
        p.PowerTransformer(),
    ):
        yield f"{named(step)} + RandomForest", pipeline.make_pipeline(step, forest), two
    for before in (
        p.PowerTransformer(),
        pipeline.make_pipeline(p.MinMaxScaler((0.1, 3.0), clip=True), p.PowerTransformer("box-cox")),
        p.QuantileTransformer(n_quantiles=50),
        p.QuantileTransformer(n_quantiles=50, output_distribution="normal"),
    ):
        name = "MinMaxScaler + PowerTransformer(method='box-cox')" if hasattr(before, "steps") else named(before)
        yield f"{name} + LogisticRegression", pipeline.make_pipeline(before, clone(logistic)), two
    for beyond in ("constant", "linear", "continue", "periodic"):
        step = p.SplineTransformer(extrapolation=beyond)
        scaled = pipeline.make_pipeline(p.StandardScaler(), step, clone(logistic))
        yield f"StandardScaler + {named(step)} + LogisticRegression", scaled, two
        yield f"{named(step)} + RandomForest", pipeline.make_pipeline(step, clone(forest)), three
    boosting = ensemble.HistGradientBoostingClassifier(max_iter=20)
    for function in (np.log, np.log2, np.log10, np.exp, np.expm1, np.sqrt, np.cbrt, np.tanh, np.arcsinh):
        ranged = p.MinMaxScaler((0.1, 3.0))
        for last, name in ((forest, "RandomForest"), (boosting, "HistGradientBoosting")):
            yield (
                f"MinMaxScaler + {function.__name__} + {name}",
                pipeline.make_pipeline(ranged, p.FunctionTransformer(function), last),
                two,
            )
    yield (
        "FeatureUnion(StandardScaler, PCA) + LogisticRegression",
        pipeline.make_pipeline(pipeline.make_union(p.StandardScaler(), d.PCA(3)), logistic),
        three,
    )


def of_projections(two: Table) -> Iterator[Example]:
    """Steps that make other columns of all of them, before a linear model; and imputing one column from the others."""
    d, logistic = decomposition, linear_model.LogisticRegression(max_iter=5000)
    for step in (
        cluster.KMeans(5, n_init=1, random_state=0),
        cluster.FeatureAgglomeration(5),
        d.FastICA(5, random_state=0),
        d.FactorAnalysis(5),
        d.KernelPCA(5),
        d.SparsePCA(3, max_iter=20, random_state=0),
        discriminant_analysis.LinearDiscriminantAnalysis(),
        ensemble.RandomTreesEmbedding(20, max_depth=4, random_state=0),
        kernel_approximation.Nystroem(n_components=50, random_state=0),
        neural_network.BernoulliRBM(8, n_iter=5, random_state=0),
        random_projection.GaussianRandomProjection(5, random_state=0),
    ):
        yield f"{named(step)} + LogisticRegression, scaled", scaled(step, clone(logistic)), two
    holes = two.frame.iloc[:, :8].mask(np.random.default_rng(0).random((len(two.frame), 8)) < 0.1)
    for imputer in (impute.IterativeImputer(max_iter=5), impute.KNNImputer()):
        yield (
            f"{named(imputer)} + LogisticRegression, scaled",
            pipeline.make_pipeline(imputer, preprocessing.StandardScaler(), clone(logistic)),
            Table(holes, two.target),
        )


def of_mixed_tables(table: Table) -> Iterator[Example]:
    """Numbers and categories with missing values."""
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
    three = Table(table.frame, np.digitize(table.frame["n3"].fillna(0.0), [-0.5, 0.5]) + table.target)
    yield (
        "target encoder of several classes + RandomForest",
        encoded(ensemble.RandomForestClassifier(20), p.TargetEncoder()),
        three,
    )
    native = clone(hist).set_params(categorical_features=[f"c{i}" for i in range(5)])
    yield "HistGradientBoosting, native categories and missing values", native, table
