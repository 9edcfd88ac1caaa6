"""A pipeline becomes a file whose types are on our list, or a pickle; and comes back the same."""

from __future__ import annotations

import io
import pickle
import zipfile
from typing import Any

import numpy as np
import pytest
import sklearn
import skops.io
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import GammaRegressor, LogisticRegression, PoissonRegressor, Ridge, TweedieRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from harness import fruit
from twinserve.errors import ArtifactRefused
from twinserve.estimators.calendar import Calendar
from twinserve.estimators.label_encoded import Coded
from twinserve.store.pipelines.pipeline_file import JOBLIB, SKOPS, dump, load

RNG = np.random.default_rng(0)
X = RNG.random((120, 3)) + 0.1
LABELS = np.array(["no", "yes"], dtype=object)[(X[:, 0] > X[:, 1]).astype(int)]
VALUES = X @ [1.0, 2.0, 3.0]
HERE = sklearn.__version__


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        DecisionTreeClassifier(),
        RandomForestClassifier(5),
        GradientBoostingClassifier(n_estimators=3),
        HistGradientBoostingClassifier(max_iter=3),
        MLPClassifier((3,), solver="adam", max_iter=2000, tol=1e-2),
        MLPClassifier((3,), solver="sgd", max_iter=2000, tol=1e-2),
        SVC(),
        CalibratedClassifierCV(LogisticRegression(), cv=2),
        CalibratedClassifierCV(LogisticRegression(), method="isotonic", cv=2),
        VotingClassifier([("a", LogisticRegression()), ("b", DecisionTreeClassifier())], voting="soft"),
    ],
    ids=lambda estimator: str(estimator)[:50],
)
def test_a_classifier_comes_back_with_the_same_bits(estimator: Any) -> None:
    pipeline = make_pipeline(SimpleImputer(), StandardScaler(), estimator).fit(X, LABELS)
    again = _there_and_back(pipeline)
    assert again.predict(X).tolist() == pipeline.predict(X).tolist()
    if hasattr(pipeline, "predict_proba"):
        assert again.predict_proba(X).tobytes() == pipeline.predict_proba(X).tobytes()


@pytest.mark.parametrize(
    "estimator",
    [
        Ridge(),
        PoissonRegressor(),
        GammaRegressor(),
        TweedieRegressor(power=1.5),
        *(
            HistGradientBoostingRegressor(max_iter=3, loss=loss)
            for loss in ("squared_error", "absolute_error", "gamma")
        ),
    ],
    ids=lambda estimator: str(estimator)[:60],
)
def test_a_regressor_comes_back_with_the_same_bits(estimator: Any) -> None:
    pipeline = make_pipeline(StandardScaler(), estimator).fit(X, VALUES)
    assert _there_and_back(pipeline).predict(X).tobytes() == pipeline.predict(X).tobytes()


def _there_and_back(pipeline: Any) -> Any:
    name, content = dump(pipeline)
    assert name == SKOPS
    return load(name, content, made_with=HERE, trust_pickles=False)


def test_a_type_that_is_not_listed_goes_into_a_pickle() -> None:
    pipeline = make_pipeline(fruit.Doubling(), LogisticRegression()).fit(X, LABELS)
    name, content = dump(pipeline)
    assert name == JOBLIB
    again = load(name, content, made_with=HERE, trust_pickles=True)
    assert again.predict_proba(X).tobytes() == pipeline.predict_proba(X).tobytes()


def test_a_skops_file_with_another_type_is_refused_by_its_name() -> None:
    content = skops.io.dumps(make_pipeline(fruit.Doubling(), LogisticRegression()).fit(X, LABELS))
    with pytest.raises(ArtifactRefused, match=r"holds a type that is not trusted: harness\.fruit\.Doubling\.$"):
        load(SKOPS, content, made_with=HERE, trust_pickles=True)


@pytest.mark.parametrize("function", [eval, exec, __import__("os").system, pickle.loads])
def test_a_dangerous_function_is_never_trusted(function: Any) -> None:
    content = skops.io.dumps(FunctionTransformer(function))
    with pytest.raises(ArtifactRefused, match="not trusted"):
        load(SKOPS, content, made_with=HERE, trust_pickles=False)


def test_a_pickle_is_refused_where_it_is_not_trusted() -> None:
    with pytest.raises(ArtifactRefused, match=r"which may run any code when opened; allow .*\.$"):
        load(JOBLIB, b"not even looked at", made_with=HERE, trust_pickles=False)


@pytest.mark.parametrize("name", [SKOPS, JOBLIB])
def test_another_scikit_learn_is_refused_before_anything_is_opened(name: str) -> None:
    with pytest.raises(ArtifactRefused, match=rf"^The pipeline was fitted with scikit-learn 1\.0 and this is {HERE}; "):
        load(name, b"not even looked at", made_with="1.0", trust_pickles=True)


@pytest.mark.parametrize(
    ("estimator", "former"),
    [(Calendar(("month",)), "model.calendar.Calendar"), (Coded(LogisticRegression()), "model.coded.Coded")],
    ids=["calendar", "labels"],
)
def test_a_file_of_before_is_refused_with_what_to_do(estimator: Any, former: str) -> None:
    """When our classes had other names, which such a file holds."""
    module = type(estimator).__module__
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(estimator))) as given, zipfile.ZipFile(content, "w") as made:
        for name in given.namelist():
            made.writestr(name, given.read(name).replace(module.encode(), former.rpartition(".")[0].encode()))
    with pytest.raises(ArtifactRefused, match=rf"^The pipeline was stored when {former} had another name; train again"):
        load(SKOPS, content.getvalue(), made_with=HERE, trust_pickles=False)
