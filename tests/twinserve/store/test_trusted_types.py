"""Fitted models of scikit-learn alone need no pickle, and what could run a file's code is on no list."""

from __future__ import annotations

import importlib
import inspect
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn import (
    calibration,
    cluster,
    gaussian_process,
    impute,
    linear_model,
    model_selection,
    multiclass,
    neighbors,
    svm,
    tree,
)
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.experimental import (  # noqa: F401 # Their classes are not there without them.
    enable_halving_search_cv,
    enable_iterative_imputer,
)
from sklearn.feature_selection import SelectKBest, r_regression
from sklearn.gaussian_process import kernels
from sklearn.metrics import f1_score, make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, SplineTransformer, StandardScaler
from sklearn.random_projection import SparseRandomProjection

from twinserve.store.pipelines.pipeline_file import JOBLIB, SKOPS, dump, load
from twinserve.store.pipelines.trusted_types import FUNCTIONS, TRUSTED

RNG = np.random.default_rng(0)
X = RNG.random((90, 3)) + 0.1
LABELS = np.array(["no", "yes"], dtype=object)[(X[:, 0] > X[:, 1]).astype(int)]
THREE = np.digitize(X[:, 0], [0.4, 0.8])

LOGISTIC = linear_model.LogisticRegression()
SPREAD = {"C": [0.1, 1.0]}
KERNEL = kernels.ConstantKernel() * kernels.Matern() + kernels.WhiteKernel()
MODELS = [
    *(neighbors.KNeighborsClassifier(algorithm=name) for name in ("kd_tree", "ball_tree", "brute")),
    neighbors.KNeighborsClassifier(algorithm="ball_tree", metric="manhattan"),
    *(neighbors.KNeighborsClassifier(metric=name) for name in ("braycurtis", "canberra")),
    gaussian_process.GaussianProcessClassifier(KERNEL, optimizer=None),
    calibration.CalibratedClassifierCV(svm.LinearSVC(), method="temperature", cv=2),
    model_selection.FixedThresholdClassifier(LOGISTIC, threshold=0.3, pos_label="yes"),
    model_selection.TunedThresholdClassifierCV(LOGISTIC, cv=2),
    model_selection.TunedThresholdClassifierCV(LOGISTIC, cv=2, scoring=make_scorer(f1_score, pos_label="yes")),
    model_selection.GridSearchCV(LOGISTIC, SPREAD, scoring="roc_auc", cv=model_selection.StratifiedShuffleSplit(2)),
    model_selection.HalvingGridSearchCV(LOGISTIC, SPREAD, cv=2),
    make_pipeline(SplineTransformer(), LOGISTIC),
    make_pipeline(impute.IterativeImputer(), LOGISTIC),
    make_pipeline(SelectKBest(k=2), LOGISTIC),
]


def there_and_back(model: Any) -> Any:
    """What opening a stored model gives; a pickle would be refused."""
    name, content = dump(model)
    assert name == SKOPS
    return load(name, content, made_with=sklearn.__version__, trust_pickles=False)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model)[:60])
def test_a_model_comes_back_without_a_pickle(model: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, LABELS)
    again = there_and_back(model)
    assert again.predict(X).tolist() == model.predict(X).tolist()
    if hasattr(model, "predict_proba"):
        assert again.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()


@pytest.mark.filterwarnings("ignore:For backward compatibility")
@pytest.mark.parametrize("kind", [object, "object", np.number])
def test_columns_that_were_selected_by_their_kind(kind: Any) -> None:
    frame = pd.DataFrame({"number": X[:, 0], "word": np.where(X[:, 1] > 0.6, "big", "small").astype(object)})
    encoder = OneHotEncoder() if kind is not np.number else StandardScaler()
    parts = make_column_transformer((encoder, make_column_selector(dtype_include=kind)))
    model = make_pipeline(parts, LOGISTIC).fit(frame, LABELS)
    assert there_and_back(model).predict_proba(frame).tobytes() == model.predict_proba(frame).tobytes()


@pytest.mark.parametrize(
    "model",
    [
        neighbors.KNeighborsClassifier(metric="mahalanobis", metric_params={"VI": np.eye(3)}),
        neighbors.KNeighborsClassifier(metric="seuclidean", metric_params={"V": np.ones(3)}),
        make_pipeline(cluster.BisectingKMeans(2), LOGISTIC),
        make_pipeline(SparseRandomProjection(2), LOGISTIC),
    ],
    ids=lambda model: str(model)[:60],
)
def test_what_trusts_sizes_that_a_file_could_choose_stays_a_pickle(model: Any) -> None:
    name, _ = dump(model.fit(X, LABELS))
    assert name == JOBLIB


def test_columns_that_were_chosen_by_correlation() -> None:
    model = make_pipeline(SelectKBest(r_regression, k=2), linear_model.Ridge()).fit(X, X[:, 0])
    assert there_and_back(model).predict(X).tobytes() == model.predict(X).tobytes()


def test_codes_with_a_column_that_all_classes_share() -> None:
    model = multiclass.OutputCodeClassifier(tree.DecisionTreeClassifier(), code_size=4.0, random_state=5).fit(X, THREE)
    assert {type(part).__name__ for part in model.estimators_} == {"DecisionTreeClassifier", "_ConstantPredictor"}
    assert there_and_back(model).predict(X).tolist() == model.predict(X).tolist()


def found(name: str) -> Any:
    """The thing of this name in this environment; None where the installed versions have none."""
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute, None)
    except ImportError:
        return None


def test_every_trusted_type_is_a_class() -> None:
    """A function on the list of types could be called by whatever holds it."""
    classes = {name: found(name) for name in TRUSTED - set(FUNCTIONS)}
    assert [name for name, thing in classes.items() if not inspect.isclass(thing)] == []


def test_the_trusted_functions_compute_numbers_from_arrays() -> None:
    """None of them takes a function, a file or a name to import."""
    for name in FUNCTIONS:
        function = found(name)
        assert inspect.isfunction(function), name
        assert name.startswith(("sklearn.metrics.", "sklearn.feature_selection.")) or name.endswith(
            "numpy._aliases.asarray"
        )
        takes = set(inspect.signature(function).parameters)
        assert not takes & {"func", "function", "metric", "callable", "file", "path", "estimator", "scoring"}, name


HOOKS = {"__getattr__", "__getattribute__", "__setattr__", "__del__", "__setstate__"}
KNOWN = {
    "sklearn.utils._bunch.Bunch": HOOKS - {"__del__"},  # A dictionary whose keys are its attributes; it calls none.
    "sklearn.utils._metadata_requests.MetadataRequest": {"__getattr__"},  # Names of methods to requests.
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor": {
        "__setstate__"
    },  # Its nodes to this machine's.
}


def test_no_trusted_class_has_a_hook_that_runs_when_it_is_opened() -> None:
    """Setting the state of an object of a class written in Python runs none of the class's own code."""
    for name in TRUSTED - set(FUNCTIONS):
        one = found(name)
        if not inspect.isfunction(getattr(one, "__init__", None)):
            continue  # Compiled, or without a state.
        own = [base for base in one.__mro__ if base is not object and base.__module__ != "sklearn.base"]
        hooks = {hook for base in own for hook in vars(base) if hook in HOOKS}
        assert hooks <= KNOWN.get(name, set()), name


@pytest.mark.parametrize(
    "model",
    [
        neighbors.KNeighborsClassifier(algorithm="ball_tree", metric=lambda a, b: float(np.abs(a - b).sum())),
        make_pipeline(FunctionTransformer(lambda x: x), LOGISTIC),
    ],
    ids=["a distance", "a function"],
)
def test_a_function_of_ones_own_needs_a_pickle(model: Any) -> None:
    try:
        name, _ = dump(model.fit(X, LABELS))
    except Exception as error:
        assert "pickle" in str(error).lower()  # noqa: PT017
    else:
        assert name == JOBLIB
