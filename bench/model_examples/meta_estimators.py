"""Estimators around other estimators."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn import calibration, compose, ensemble, linear_model, model_selection, multiclass, svm, tree
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 # Its classes are not there without it.

from bench.model_examples.pipelines import named, scaled
from bench.model_examples.tables import Example, Table


def meta(two: Table, three: Table, amount: Table) -> Iterator[Example]:
    """Calibration, votes, stacks, bags, a transformed target and a search, around single estimators."""
    e = ensemble
    for method in ("sigmoid", "isotonic", "temperature"):
        for base in (svm.LinearSVC(), e.RandomForestClassifier(20)):
            for joined in (True, False):
                model = calibration.CalibratedClassifierCV(base, method=method, ensemble=joined, cv=3)
                yield (
                    f"CalibratedClassifierCV({named(base)}, {method}, ensemble={joined})",
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


def of_two_classes(two: Table, three: Table) -> Iterator[Example]:
    """Thresholds, halving searches, and classifiers of several classes made of those of two."""
    m, ms = multiclass, model_selection
    logistic, forest = linear_model.LogisticRegression(), ensemble.RandomForestClassifier(20, max_depth=4)
    for model in (
        ms.FixedThresholdClassifier(logistic, threshold=0.2),
        ms.TunedThresholdClassifierCV(logistic, cv=3),
        ms.TunedThresholdClassifierCV(forest, cv=3),
        ms.TunedThresholdClassifierCV(svm.LinearSVC(), cv=3),
        ms.HalvingGridSearchCV(logistic, {"C": [0.1, 1.0]}, cv=3),
        ms.HalvingRandomSearchCV(logistic, {"C": [0.1, 1.0]}, cv=3),
    ):
        yield named(model), scaled(model), two
    for meta in (m.OneVsRestClassifier, m.OneVsOneClassifier, m.OutputCodeClassifier):
        for inner in (svm.LinearSVC(), forest):
            yield f"{meta.__name__}({named(inner)}), three classes", scaled(meta(clone(inner))), three


def of_pipelines(two: Table, three: Table, amount: Table) -> Iterator[Example]:
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
