"""Other libraries' models by their defaults, on the columns of a training, each given as the library is usually given
them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from twinserve.arrays import BoolArray, FloatArray
from twinserve.metric import Task
from twinserve.predict.predictor import Predictions
from twinserve.signature import Signature
from twinserve.signature.signature import FeatureType

OURS: Final = "training"
BOOSTING: Final = "HistGradientBoosting"
MOST_CATEGORIES: Final = 255
"""HistGradientBoosting takes no more in one column; a column of more is given as codes."""


def usual_frame(features: pd.DataFrame, signature: Signature) -> pd.DataFrame:
    """Categories as pandas has them, dates as days, numbers as they are; no free text, of which no rival learns.

    The columns are numbered, as some libraries refuse names with brackets."""
    columns: dict[str, pd.Series[Any]] = {}
    for place, feature in enumerate(signature.features):
        values = features[feature.name]
        if feature.type is FeatureType.CATEGORY:
            columns[f"c{place}"] = values.astype("category")
        elif feature.type in (FeatureType.DATE, FeatureType.DATETIME):
            columns[f"c{place}"] = (values - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
        elif feature.type is not FeatureType.STRING:
            columns[f"c{place}"] = values.astype(np.float64)
    return pd.DataFrame(columns)


def _boosting(task: Task) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    made = HistGradientBoostingClassifier if task == "classification" else HistGradientBoostingRegressor
    return made(categorical_features="from_dtype", random_state=0)


def _xgboost(task: Task) -> Any:
    from xgboost import XGBClassifier, XGBRegressor

    made = XGBClassifier if task == "classification" else XGBRegressor
    return made(enable_categorical=True, n_jobs=1, random_state=0)


def _lightgbm(task: Task) -> Any:
    from lightgbm import LGBMClassifier, LGBMRegressor

    made = LGBMClassifier if task == "classification" else LGBMRegressor
    return made(n_jobs=1, verbose=-1, random_state=0)


RIVALS: Final[Mapping[str, Callable[[Task], Any]]] = MappingProxyType(
    {BOOSTING: _boosting, "XGBoost": _xgboost, "LightGBM": _lightgbm}
)


def predictions(name: str, task: Task, frame: pd.DataFrame, y_true: FloatArray, held_out: BoolArray) -> Predictions:
    """What a rival says of the held-out rows, having learned from the others; `y_true` are codes or values."""
    if name == BOOSTING:
        frame = frame.apply(_narrow)
    model = RIVALS[name](task)
    learned = y_true[~held_out]
    model.fit(frame[~held_out], learned.astype(int) if task == "classification" else learned)
    if task == "regression":
        return Predictions(values=np.asarray(model.predict(frame[held_out]), dtype=np.float64))
    probabilities = np.asarray(model.predict_proba(frame[held_out]), dtype=np.float64)
    return Predictions(probabilities.argmax(axis=1), probabilities)


def _narrow(values: pd.Series[Any]) -> pd.Series[Any]:
    """The codes of a column of too many categories; any other column as it is."""
    if values.dtype != "category" or len(values.cat.categories) <= MOST_CATEGORIES:
        return values
    return values.cat.codes.astype(np.float64)
