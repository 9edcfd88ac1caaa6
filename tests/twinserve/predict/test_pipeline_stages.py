"""A pipeline split into steps predicts the same bits as the whole one, and gets column names where it needs them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from harness.fruit import Doubling
from twinserve.predict.fallback import SklearnPredictor
from twinserve.predict.pipeline_stages import Stages
from twinserve.predict.targets.made import one_target
from twinserve.signature import Columns, Feature, FeatureType, Signature
from twinserve.signature.frames import to_frame

DATA: Final = load_breast_cancer()
COLUMNS: Final = Columns(DATA.data)
SIGNATURE: Final = Signature(
    features=tuple(Feature(path=(f"x{i}",), type=FeatureType.NUMBER) for i in range(DATA.data.shape[1]))
)
FRAME: Final = to_frame(COLUMNS, SIGNATURE)
CLASSES: Final = ("benign", "malignant")


def second(frame: Any) -> Any:
    """What only a table can do."""
    return frame[["x1"]]


def scaled(head: Any) -> Pipeline:
    """Behind a scaler."""
    return make_pipeline(StandardScaler(), head)


BY_ARRAY: Final[Mapping[str, Any]] = {
    "logistic": scaled(LogisticRegression(max_iter=1000)),
    "imputed": make_pipeline(SimpleImputer(), StandardScaler(), PCA(9), LogisticRegression()),
    "passing": Pipeline([("none", "passthrough"), ("scale", StandardScaler()), ("head", LogisticRegression())]),
    "forest": make_pipeline(RandomForestClassifier(9, random_state=0)),
    "bare tree": DecisionTreeClassifier(random_state=0),
    "boosting": scaled(HistGradientBoostingClassifier(max_iter=2, max_leaf_nodes=3)),
    "neighbours": scaled(KNeighborsClassifier()),
    "vectors": scaled(SVC()),
    "calibrated": scaled(CalibratedClassifierCV(LogisticRegression(), cv=2)),
}
BY_TABLE: Final[Mapping[str, Any]] = {
    "by name": make_pipeline(make_column_transformer((StandardScaler(), ["x3", "x1"])), LogisticRegression()),
    "by function": make_pipeline(FunctionTransformer(second), LogisticRegression()),
    "of one's own": make_pipeline(Doubling(), StandardScaler(), LogisticRegression()),
    "selected": make_pipeline(SelectFromModel(RandomForestClassifier(5, random_state=0)), LogisticRegression()),
    "united": make_pipeline(make_union(StandardScaler(), MinMaxScaler()), LogisticRegression()),
    "voting": VotingClassifier([("one", DecisionTreeClassifier()), ("two", KNeighborsClassifier())]),
    "nested": make_pipeline(make_pipeline(StandardScaler(), PCA(3)), LogisticRegression()),
    "calibrated by name": CalibratedClassifierCV(
        make_pipeline(make_column_transformer((StandardScaler(), ["x3", "x1"])), LogisticRegression()), cv=2
    ),
    "calibrated first": CalibratedClassifierCV(LogisticRegression(max_iter=5000), cv=2),
    "making tables": make_pipeline(StandardScaler().set_output(transform="pandas"), LogisticRegression()),
}


@pytest.mark.parametrize("name", [*BY_ARRAY, *BY_TABLE])
@pytest.mark.parametrize("rows", [1, 2, 569])
def test_the_bits_are_those_of_the_whole_pipeline(name: str, rows: int) -> None:
    """For one row as for many; and no warning that names are missing."""
    pipeline = fitted(name)
    frame = FRAME.iloc[:rows]
    predictions = SklearnPredictor(pipeline, SIGNATURE, one_target(CLASSES)).predict(COLUMNS.take(range(rows)))
    assert predictions.labels is not None
    assert [CLASSES[code] for code in predictions.labels] == pipeline.predict(frame).tolist()
    if hasattr(pipeline, "predict_proba"):
        assert predictions.probabilities is not None
        assert predictions.probabilities.tobytes() == pipeline.predict_proba(frame).tobytes()


@cache
def fitted(name: str) -> Any:
    """The pipeline of that name, fitted on a table."""
    return {**BY_ARRAY, **BY_TABLE}[name].fit(FRAME, np.array(CLASSES, dtype=object)[DATA.target])


@pytest.mark.parametrize("name", [*BY_ARRAY, *BY_TABLE])
def test_a_table_is_made_only_where_its_names_are_needed(name: str) -> None:
    """An array is a fifth of the work of a table of thirty columns."""
    stages = Stages(fitted(name), SIGNATURE)
    stages._before.clear()
    assert type(stages.prepare(COLUMNS)) is (np.ndarray if name in BY_ARRAY else pd.DataFrame)


def test_the_pipeline_itself_keeps_its_names() -> None:
    """It may be stored afterwards, or explained."""
    pipeline = fitted("logistic")
    Stages(pipeline, SIGNATURE)
    assert pipeline.feature_names_in_.tolist() == [feature.name for feature in SIGNATURE.features]


def test_columns_of_words_stay_a_table() -> None:
    """Whatever follows, as an array of words is none of numbers."""
    signature = Signature(features=(Feature(path=("word",), type=FeatureType.CATEGORY),))
    stages = Stages(fitted("logistic"), signature)
    assert not stages._takes_array
