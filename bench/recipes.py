"""The models that are measured: a linear one, a forest and a boosting, as recipes of the project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from bench.deliveries import CATEGORIES, NUMBERS, Delivery, load
from model.tumor import TUMOR
from twinserve.recipes import Recipe


def _only(candidate: str) -> Any:
    """The default recipe's candidates, restricted to one."""
    return lambda seed: {candidate: TUMOR.candidates(seed)[candidate]}


def boosting(seed: int) -> Mapping[str, Pipeline]:
    """Scaled numbers and native categories, both with nulls, into 200 iterations of boosted trees."""
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=float("nan"), encoded_missing_value=float("nan")
    )
    columns = ColumnTransformer([("category", encoder, list(CATEGORIES)), ("number", StandardScaler(), list(NUMBERS))])
    trees = HistGradientBoostingClassifier(
        max_iter=200, categorical_features=list(range(len(CATEGORIES))), random_state=seed
    )
    return {"boosting": Pipeline([("columns", columns), ("trees", trees)])}


RECIPES: Final[Mapping[str, Recipe]] = {
    "linear": replace(TUMOR, name="linear", candidates=_only("logistic regression")),
    "forest": replace(TUMOR, name="forest", candidates=_only("random forest")),
    "boosting": Recipe(
        name="boosting",
        task="classification",
        input=Delivery,
        load=load,
        candidates=boosting,
        metric="log_loss",
        intended_use="Measuring how fast a model of mixed columns is served; its rows are generated.",
    ),
}
