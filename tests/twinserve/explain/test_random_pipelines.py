"""Explanations of random fitted pipelines are the Shapley values of the caller's fields, whatever stands before them.

Small models are compared with the definition over all sets of fields, larger ones with shap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler

from tests.twinserve.explain.fitted_trees import Nodes, of_lightgbm, of_predictor, of_tree, of_xgboost, worth_of
from tests.twinserve.explain.games import Floats, by_definition, explainer_of, rows, tree_shap
from twinserve.compile import Column

pytestmark = pytest.mark.extended

CLOSE = 1e-9
SINGLE = 1e-3
"""XGBoost's own numbers are of single precision."""
ASKED = 3


def forest(model: Any) -> Sequence[Nodes]:
    """The trees of a forest, of the second class or of the value."""
    output = 1 if hasattr(model, "classes_") else 0
    return [of_tree(tree.tree_, output, 1 / len(model.estimators_)) for tree in model.estimators_]


def boosting(model: Any) -> Sequence[Nodes]:
    """The trees of gradient boosting."""
    return [of_tree(stage[0].tree_, 0, model.learning_rate) for stage in model.estimators_]


def histograms(model: Any) -> Sequence[Nodes]:
    """The trees of histogram boosting."""
    return [of_predictor(iteration[0]) for iteration in model._predictors]


TREES: dict[str, tuple[Any, Callable[[Any], Sequence[Nodes]]]] = {
    "forest": (RandomForestClassifier(4, max_depth=4), forest),
    "forest of values": (RandomForestRegressor(3, max_depth=4), forest),
    "extra trees": (ExtraTreesClassifier(4, max_depth=4), forest),
    "extra trees of values": (ExtraTreesRegressor(3, max_depth=4), forest),
    "gradient boosting": (GradientBoostingClassifier(n_estimators=4), boosting),
    "gradient boosting of values": (GradientBoostingRegressor(n_estimators=4), boosting),
    "histogram boosting": (HistGradientBoostingClassifier(max_iter=4, max_leaf_nodes=7), histograms),
    "histogram boosting of values": (HistGradientBoostingRegressor(max_iter=4, max_leaf_nodes=7), histograms),
    "XGBoost": (xgboost.XGBClassifier(n_estimators=4, max_depth=3), of_xgboost),
    "XGBoost of values": (xgboost.XGBRegressor(n_estimators=4, max_depth=3), of_xgboost),
    "LightGBM": (lightgbm.LGBMClassifier(n_estimators=4, num_leaves=7, verbose=-1), of_lightgbm),
    "LightGBM of values": (lightgbm.LGBMRegressor(n_estimators=4, num_leaves=7, verbose=-1), of_lightgbm),
}


@dataclass(frozen=True)
class Steps:
    """What stands before a model."""

    imputer: Any
    scaler: Any
    encoder: Any

    def transformer(self) -> Any:
        """Of two numbers, two categories and a number that is passed on."""
        steps = [step for step in (self.imputer, self.scaler) if step is not None]
        numeric = make_pipeline(*steps) if steps else "passthrough"
        return make_column_transformer((numeric, ["a", "b"]), (self.encoder, ["c", "d"]), ("passthrough", ["e"]))


NAMES = ("a", "b", "c", "d", "e")
IMPUTERS = [
    SimpleImputer(),
    SimpleImputer(strategy="median", add_indicator=True),
    SimpleImputer(strategy="constant", fill_value=-1.0, add_indicator=True),
]
SCALERS = [None, StandardScaler(), MinMaxScaler(), RobustScaler()]
ONE_HOT = [
    OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    OneHotEncoder(drop="first", sparse_output=False, handle_unknown="ignore"),
    OneHotEncoder(min_frequency=0.2, handle_unknown="infrequent_if_exist", sparse_output=False),
]
ORDINAL = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
steps = st.builds(Steps, st.sampled_from(IMPUTERS), st.sampled_from(SCALERS), st.sampled_from([*ONE_HOT, ORDINAL]))
one_to_one = st.builds(Steps, st.sampled_from(IMPUTERS[:1]), st.sampled_from(SCALERS), st.just(ORDINAL))
some = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
seeds = st.integers(0, 2**31 - 1)


@dataclass(frozen=True)
class Table:
    """Three numbers, of two of which some are null, and two categories."""

    frame: pd.DataFrame
    x: Floats
    """The same as the input of a graph."""
    columns: tuple[Column, ...]
    target: Floats


def table(seed: int, count: int) -> Table:
    """Random rows; field `e` is a constant in one table of three, and never used then."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({name: np.round(rng.normal(size=count), 3) for name in "ab"})
    frame = frame.assign(c=rng.choice(list("uvw"), count, p=[0.5, 0.4, 0.1]), d=rng.choice(["n", "y"], count))
    frame["e"] = 2.5 if seed % 3 == 0 else rng.integers(0, 4, count).astype(np.float64)
    target = frame["a"] * (frame["c"] == "u") + np.abs(frame["b"]) + (frame["d"] == "y") * frame["e"]
    for name in "ab":
        frame.loc[rng.random(count) < 0.15, name] = np.nan
    codes = {"c": {"u": 0.0, "v": 1.0, "w": 2.0}, "d": {"n": 0.0, "y": 1.0}}
    x = np.column_stack([frame[n].map(codes[n]) if n in codes else frame[n] for n in NAMES]).astype(np.float64)
    columns = tuple(
        Column(name, "category", tuple(codes[name])) if name in codes else Column(name, "number") for name in NAMES
    )
    return Table(frame, x, columns, np.asarray(target + rng.normal(size=count) / 5, dtype=np.float64))


def fitted(model: Any, before: Steps, data: Table, seed: int) -> Any:
    """A pipeline on two classes or on values."""
    model = clone(model).set_params(random_state=seed % 1000) if "random_state" in model.get_params() else clone(model)
    is_classifier = hasattr(model, "predict_proba")
    y = (data.target > np.median(data.target)).astype(int) if is_classifier else data.target
    transformer = clone(before.transformer())
    return make_pipeline(transformer.set_output(transform="default"), model).fit(data.frame, y)


def asked_of(data: Table) -> tuple[pd.DataFrame, Floats]:
    """Some of the rows, the last with a category that training never saw."""
    frame, x = data.frame[:ASKED].copy(), data.x[:ASKED].copy()
    frame.loc[ASKED - 1, "c"], x[ASKED - 1, 2] = "unseen", -1.0
    return frame, x


def fields_of(transformer: Any) -> list[int]:
    """The field of each column that a transformer makes, by the names that it gives them."""
    names = [name.split("__")[-1].removeprefix("missingindicator_") for name in transformer.get_feature_names_out()]
    return [NAMES.index(name[0]) for name in names]


@pytest.mark.filterwarnings("ignore:X does not have valid feature names", "ignore:Found unknown categories")
@pytest.mark.parametrize("name", TREES)
@some
@given(seed=seeds, before=steps)
def test_small_trees_behind_any_steps_have_the_values_of_the_definition(name: str, seed: int, before: Steps) -> None:
    model, read = TREES[name]
    data = table(seed, 120)
    pipeline = fitted(model, before, data, seed)
    labels = [1] * ASKED if hasattr(pipeline, "classes_") else None
    frame, x = asked_of(data)
    values = explainer_of(pipeline, data.columns, data.x).explain(rows(x), labels)
    made, field_of = pipeline[0].transform(frame), fields_of(pipeline[0])
    trees, close = read(pipeline[-1]), SINGLE if "XGBoost" in name else CLOSE
    asked = {field_of[node.column] for nodes in trees for node in nodes if node.column >= 0}
    assert not np.delete(values.contributions, sorted(asked), axis=1).any()
    for row in range(ASKED):
        expected = by_definition(worth_of(trees, made[row], field_of), len(NAMES))
        assert apart(values.contributions[row], expected) < close


@pytest.mark.filterwarnings("ignore:Found unknown categories")
@some
@given(seed=seeds, before=steps, classes=st.booleans())
def test_linear_models_behind_any_steps_have_the_values_of_the_definition(
    seed: int, before: Steps, classes: bool
) -> None:
    """Of the game in which an unknown field has the mean of each of its columns."""
    data = table(seed, 120)
    pipeline = fitted(LogisticRegression() if classes else LinearRegression(), before, data, seed)
    frame, x = asked_of(data)
    values = explainer_of(pipeline, data.columns, data.x).explain(rows(x), [1] * ASKED if classes else None)
    made, field_of = pipeline[0].transform(frame), np.array(fields_of(pipeline[0]))
    means, weights = pipeline[0].transform(data.frame).mean(axis=0), np.ravel(pipeline[-1].coef_)
    for row in range(ASKED):

        def worth(known: frozenset[int], row: int = row) -> float:
            is_known = np.isin(field_of, list(known))
            return float(np.where(is_known, made[row], means) @ weights)

        assert apart(values.contributions[row], by_definition(worth, len(NAMES))) < CLOSE


@pytest.mark.filterwarnings("ignore:X does not have valid feature names", "ignore:Found unknown categories")
@pytest.mark.parametrize("name", TREES)
@settings(some, max_examples=3)
@given(seed=seeds, before=one_to_one)
def test_larger_trees_behind_steps_of_one_column_each_have_the_values_of_shap(
    name: str, seed: int, before: Steps
) -> None:
    """shap explains the columns that a model reads; where each field has one of them, that is the field's."""
    larger = {"n_estimators": 25} if "n_estimators" in TREES[name][0].get_params() else {"max_iter": 25}
    depth = {"max_depth": 7} if "max_depth" in TREES[name][0].get_params() else {}
    data = table(seed, 400)
    pipeline = fitted(clone(TREES[name][0]).set_params(**larger, **depth), before, data, seed)
    labels = [1] * 20 if hasattr(pipeline, "classes_") else None
    values = explainer_of(pipeline, data.columns, data.x).explain(rows(data.x[:20]), labels)
    expected = tree_shap(pipeline[-1], pipeline[0].transform(data.frame)[:20])
    expected = expected[..., 1] if np.ndim(expected) == 3 else expected
    assert apart(values.contributions, expected) < (SINGLE if "XGBoost" in name else CLOSE)


def apart(left: Floats, right: Floats) -> float:
    """The largest difference, relative to the largest number."""
    return float(np.abs(left - right).max() / max(np.abs(right).max(), 1e-12))
