"""Candidate pipelines for any table, with a preprocessing for each type of feature and each kind of model.

None of them raises on a null or an unseen category, and all can be compiled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from twinserve.estimators.calendar import DATE_PARTS, DATETIME_PARTS, Calendar
from twinserve.estimators.words import Words
from twinserve.metric import Task
from twinserve.signature.signature import NUMERIC_OR_BOOLEAN, FeatureType, Signature

TREES: Final = 200
MANY_ROWS: Final = 100_000
"""In a larger table a candidate learns from so many rows in a fold; the best one learns from all."""
FOREST_OF_MANY_ROWS: Final[Mapping[str, int]] = MappingProxyType({"max_samples": 50_000, "min_samples_leaf": 10})
"""A forest of whole trees would need gigabytes, in memory and compiled: each tree learns from so many rows."""
MANY_CELLS: Final = 100_000
"""Rows times columns. In a larger table boosted trees come first, and a forest of values has `FEWER_TREES`."""
FEWER_TREES: Final = 100
"""They take half the time; on seven public tables rmse was between 4 % less and 2 % more than with `TREES`."""
MOST_COLUMNS_PER_CATEGORY: Final = 100
MOST_NATIVE_CATEGORIES: Final = 254
"""HistGradientBoosting takes 255 categories, and the encoder needs one for the infrequent ones."""
MOST_WORDS: Final = 20_000
"""Words of a text that a linear model learns from; they are sparse."""
MOST_WORDS_OF_TREES: Final = 200
"""Boosted trees take no sparse columns."""
MOST_ITERATIONS: Final = 1_000


def pipelines(signature: Signature, task: Task, seed: int, rows: int = 0) -> Mapping[str, Pipeline]:
    """Unfitted pipelines by name: a linear model, a forest and boosted trees; of texts alone only a linear model.

    For a table of many `rows`, or of many cells, boosted trees come first, and a forest is bounded."""
    classify = task == "classification"
    linear = LogisticRegression(max_iter=MOST_ITERATIONS) if classify else Ridge()
    if all(feature.type is FeatureType.STRING for feature in signature.features):
        return {"words and a linear model": Pipeline([("prepare", for_linear(signature)), ("model", linear)])}
    forest = RandomForestClassifier if classify else RandomForestRegressor
    boosting = HistGradientBoostingClassifier if classify else HistGradientBoostingRegressor
    many = rows * len(signature.features) > MANY_CELLS
    bounds = FOREST_OF_MANY_ROWS if rows > MANY_ROWS else {}
    trees = FEWER_TREES if many and not classify else TREES
    made = {
        "linear model": Pipeline([("prepare", for_linear(signature)), ("model", linear)]),
        "random forest": Pipeline(
            [("prepare", for_forest(signature)), ("model", forest(n_estimators=trees, random_state=seed, **bounds))]
        ),
        "gradient boosting": Pipeline(
            [
                ("prepare", for_boosting(signature)),
                ("model", boosting(categorical_features=native_categories(signature), random_state=seed)),
            ]
        ),
    }
    return dict(reversed(made.items())) if many else made


def for_linear(signature: Signature) -> ColumnTransformer:
    """Imputed and scaled numbers, one-hot categories, the words of texts."""
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist", max_categories=MOST_COLUMNS_PER_CATEGORY, sparse_output=False
    )
    numbers = make_pipeline(_median(indicate=True), StandardScaler())
    dates = {name: make_pipeline(step, _median(), StandardScaler()) for name, step in _calendars().items()}
    return _prepared(signature, numbers, one_hot, dates, MOST_WORDS)


def for_forest(signature: Signature) -> ColumnTransformer:
    """Imputed numbers, ordinal categories: trees can split a code several times."""
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)
    dates = {name: make_pipeline(step, _median()) for name, step in _calendars().items()}
    return _prepared(signature, _median(indicate=True), ordinal, dates, MOST_WORDS_OF_TREES)


def for_boosting(signature: Signature) -> ColumnTransformer:
    """Nulls stay, categories become codes for the model's native support; an unseen category becomes null."""
    ordinal = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=MOST_NATIVE_CATEGORIES,
    )
    prepared = _prepared(signature, "passthrough", ordinal, _calendars(), MOST_WORDS_OF_TREES)
    return prepared.set_params(sparse_threshold=0) if _names(signature, FeatureType.STRING) else prepared


def native_categories(signature: Signature) -> list[int] | None:
    """The positions of the categories behind `for_boosting`, for the model's native support."""
    return list(range(len(_names(signature, FeatureType.CATEGORY)))) or None


def _prepared(
    signature: Signature, numbers: Any, categories: Any, dates: Mapping[str, Any], words: int
) -> ColumnTransformer:
    """The transformer of all columns; those of the categories come first, so that their positions are known."""
    parts = [
        ("categories", categories, _names(signature, FeatureType.CATEGORY)),
        ("numbers", numbers, _names(signature, *NUMERIC_OR_BOOLEAN)),
        ("dates", dates["dates"], _names(signature, FeatureType.DATE)),
        ("datetimes", dates["datetimes"], _names(signature, FeatureType.DATETIME)),
    ]
    return ColumnTransformer([*(part for part in parts if part[2]), *_words(signature, words)])


def _words(signature: Signature, most: int) -> list[tuple[str, Words, str]]:
    """A part for each text, which is given as a column and not as a table of one column."""
    texts = _names(signature, FeatureType.STRING)
    return [(f"text {place}", Words(max_features=most), name) for place, name in enumerate(texts, start=1)]


def _calendars() -> dict[str, Any]:
    return {"dates": Calendar(DATE_PARTS), "datetimes": Calendar(DATETIME_PARTS)}


def _median(*, indicate: bool = False) -> SimpleImputer:
    return SimpleImputer(strategy="median", add_indicator=indicate, keep_empty_features=True)


def _names(signature: Signature, *kinds: FeatureType) -> Sequence[str]:
    return [feature.name for feature in signature.features if feature.type in kinds]
