"""Every classifier, regressor and transformer of scikit-learn as it is by default, each with a table for its tags."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn import compose, datasets, linear_model, pipeline, preprocessing, tree
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 # It is not among the classes without this.
from sklearn.utils import all_estimators, get_tags

from bench.model_examples.tables import Example, Table, numbers, reviews

ROWS: Final = 200
COLUMNS: Final = 6
SEVERAL: Final = ("MultiOutput", "MultiTask", "ClassifierChain", "RegressorChain")
"""Beginnings of names of classes that need several targets."""
TWO_CLASSES: Final = frozenset({"FixedThresholdClassifier", "TunedThresholdClassifierCV"})
IMPUTERS: Final = frozenset({"IterativeImputer", "KNNImputer", "MissingIndicator", "SimpleImputer"})
ENCODERS: Final = frozenset({"OneHotEncoder", "OrdinalEncoder", "TargetEncoder"})
ONE_COMPONENT: Final = frozenset({"CCA", "PLSCanonical", "PLSSVD", "LinearDiscriminantAnalysis"})
"""Classes that give at most as many components as there are targets."""
UNSEEN: Final[dict[str, dict[str, Any]]] = {
    "OneHotEncoder": {"handle_unknown": "ignore"},
    "OrdinalEncoder": {"handle_unknown": "use_encoded_value", "unknown_value": -1},
}
"""What lets an encoder take a category that it has not seen."""


def classifiers() -> Iterator[Example]:
    """Of three classes; of two where the class knows no more; of two columns of them where it needs several."""
    three, two = numbers(datasets.load_iris), numbers(datasets.load_breast_cancer)
    of_two = Table(two.frame.iloc[:ROWS, :COLUMNS], np.asarray(two.target)[:ROWS])
    flags = pd.DataFrame({"second": (three.target == 1).astype(int), "wide": (three.frame["x1"] > 3).astype(int)})
    several = Table(three.frame, flags)
    for name, kind in all_estimators("classifier"):
        table = several if name.startswith(SEVERAL) else of_two if name in TWO_CLASSES else three
        yield name, made(name, kind, linear_model.LogisticRegression(max_iter=1000)), table


def regressors() -> Iterator[Example]:
    """Of one amount, or of two where the class needs several."""
    whole = numbers(datasets.load_diabetes)
    frame, value = whole.frame.iloc[:ROWS, :COLUMNS], np.asarray(whole.target, dtype=np.float64)[:ROWS]
    several = pd.DataFrame({"value": value, "root": np.sqrt(value)})
    for name, kind in all_estimators("regressor"):
        model = made(name, kind, linear_model.Ridge())
        columns = frame[["x2"]] if get_tags(model).input_tags.one_d_array else frame
        yield name, model, Table(columns, several if name.startswith(SEVERAL) else value)


def transformers() -> Iterator[Example]:
    """Each before a logistic regression and before a tree."""
    three, texts = numbers(datasets.load_iris), reviews(ROWS, 100)
    holes = three.frame.mask(np.random.default_rng(0).random(three.frame.shape) < 0.1)
    words = three.frame.apply(lambda column: pd.cut(column, 4, labels=list("abcd")).astype(object))
    for name, kind in all_estimators("transformer"):
        frame = holes if name in IMPUTERS else words if name in ENCODERS else three.frame
        table = Table(frame, three.target)
        for head in linear_model.LogisticRegression(max_iter=1000), tree.DecisionTreeClassifier(max_depth=4):
            step = made(name, kind, linear_model.LogisticRegression(max_iter=1000))
            if get_tags(step).input_tags.string and name not in ENCODERS | IMPUTERS:
                table = Table(texts.frame[["text"]], texts.target)
                step = compose.ColumnTransformer([("text", step, "text")])
            yield f"{name} + {type(head).__name__}", pipeline.make_pipeline(step, head), table


def made(name: str, kind: Any, estimator: Any) -> Any:
    """The class with what it cannot be made without."""
    if "RandomProjection" in name:
        return kind(n_components=2, random_state=0)  # By default it asks for thousands of columns.
    members = [
        ("one", estimator),
        ("other", tree.DecisionTreeRegressor() if "Regressor" in name else tree.DecisionTreeClassifier()),
    ]
    scaler = preprocessing.StandardScaler()
    known: dict[str, Any] = {
        "estimator": estimator,
        "estimators": members,
        "transformers": [("scaled", scaler, ["x0", "x1"])],
        "transformer_list": [("scaled", scaler), ("ranges", preprocessing.MinMaxScaler())],
        "dictionary": np.eye(4),
    }
    parameters = inspect.signature(kind).parameters
    given = {key: value for key, value in known.items() if key in parameters and _needed(name, parameters[key])}
    if name in ONE_COMPONENT and "n_components" in parameters:
        given["n_components"] = 1
    if "random_state" in parameters:
        given["random_state"] = 0
    return kind(**given, **UNSEEN.get(name, {}))


def _needed(name: str, parameter: inspect.Parameter) -> bool:
    return parameter.default is inspect.Parameter.empty or name == "SelfTrainingClassifier"
