"""Estimators that are neither linear nor trees."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn import compose, dummy, ensemble, isotonic, linear_model, naive_bayes, neighbors, neural_network, pipeline
from sklearn import semi_supervised as semi

from bench.model_examples.pipelines import named, scaled
from bench.model_examples.tables import Example, Table


def bayes_and_networks(two: Table, three: Table, amount: Table) -> Iterator[Example]:
    """Naive Bayes and multi-layer perceptrons."""
    nb, nn = naive_bayes, neural_network
    for model in (
        nb.GaussianNB(),
        nb.MultinomialNB(),
        nb.ComplementNB(),
        nb.BernoulliNB(binarize=1.0),
        nb.CategoricalNB(min_categories=10),
    ):
        yield named(model), model, two if not isinstance(model, nb.CategoricalNB) else three
    for activation in ("relu", "tanh", "logistic", "identity"):
        yield (
            f"MLPClassifier({activation})",
            scaled(nn.MLPClassifier((15, 7), activation=activation, max_iter=60)),
            two,
        )
    yield "MLPClassifier, three classes", scaled(nn.MLPClassifier((15,), max_iter=60)), three
    yield "MLPRegressor", scaled(nn.MLPRegressor(hidden_layer_sizes=(15,), max_iter=60)), amount


def others(two: Table, three: Table, amount: Table) -> Iterator[Example]:
    """Dummies, neighbours, AdaBoost, and what prepares the training of another."""
    for model in (
        dummy.DummyClassifier(),
        dummy.DummyClassifier(strategy="uniform"),
        neighbors.KNeighborsClassifier(),
        neighbors.KNeighborsClassifier(algorithm="brute"),
        ensemble.AdaBoostClassifier(),
    ):
        yield named(model), model, two
    yield "AdaBoostClassifier, three classes", ensemble.AdaBoostClassifier(), three
    yield (
        "AdaBoostClassifier(LogisticRegression)",
        scaled(ensemble.AdaBoostClassifier(linear_model.LogisticRegression())),
        two,
    )
    for regressor in (ensemble.AdaBoostRegressor(), ensemble.AdaBoostRegressor(linear_model.Ridge(), n_estimators=20)):
        yield named(regressor), regressor, amount
    most = {"outlier_label": "most_frequent"}
    for near in (
        neighbors.RadiusNeighborsClassifier(3.0, algorithm="kd_tree", **most),
        neighbors.RadiusNeighborsClassifier(3.0, weights="distance", **most),
        semi.LabelPropagation(gamma=0.5),
        semi.LabelSpreading(gamma=0.5),
    ):
        yield f"{named(near)}, scaled", scaled(near), two
    yield "RadiusNeighborsRegressor(radius=3.0), scaled", scaled(neighbors.RadiusNeighborsRegressor(3.0)), amount
    yield "DummyRegressor", dummy.DummyRegressor(), amount
    yield "SelfTrainingClassifier", scaled(semi.SelfTrainingClassifier(linear_model.LogisticRegression())), two
    yield "RANSACRegressor", scaled(linear_model.RANSACRegressor(random_state=0)), amount
    one = compose.ColumnTransformer([("one", "passthrough", ["x0"])])
    yield "IsotonicRegression", pipeline.make_pipeline(one, isotonic.IsotonicRegression(out_of_bounds="clip")), amount
