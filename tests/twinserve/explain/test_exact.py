"""Exact explanations are Shapley values: by their definition, by shap's own algorithm, and behind pipelines."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.twinserve.explain.games import Floats, by_definition, explainer_of, numbers, rows, tree_shap, tree_worth
from twinserve.compile import Column
from twinserve.compile.explanation import CannotExplain
from twinserve.estimators.calendar import Calendar

some = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 2**31 - 1)
CLOSE = 1e-9
SINGLE = 1e-3
"""XGBoost's own contributions are sums in single precision."""


def table(seed: int, count: int = 150, width: int = 5) -> tuple[Floats, Floats]:
    """Numbers and a target that depends on most of them."""
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(size=(count, width)), 2)
    return x, x[:, 0] * x[:, 1] + np.abs(x[:, 2]) + x[:, -1] + rng.normal(size=count) / 4


def labels(target: Floats, classes: int) -> Any:
    """The target in so many classes of about equal size."""
    return np.searchsorted(np.quantile(target, np.arange(1, classes) / classes), target)


def apart(left: Floats, right: Floats) -> float:
    """The largest difference, relative to the largest number."""
    return float(np.abs(left - right).max() / max(np.abs(right).max(), 1e-300))


# -- By definition -----------------------------------------------------------------------------------------------


@some
@given(seed=seeds, classes=st.sampled_from([2, 3]), depth=st.sampled_from([2, 4, None]))
def test_a_forest_has_the_values_of_the_definition(seed: int, classes: int, depth: int | None) -> None:
    x, target = table(seed)
    y = labels(target, classes)
    forest = RandomForestClassifier(3, max_depth=depth, random_state=seed).fit(x, y)
    explainer = explainer_of(forest, numbers(5), x)
    for label in range(classes):
        values = explainer.explain(rows(x[:3]), [label] * 3)
        for row in range(3):
            games = [tree_worth(tree, label, x[row], range(5)) for tree in forest.estimators_]
            expected = np.mean([by_definition(game, 5) for game in games], axis=0)
            assert apart(values.contributions[row], expected) < CLOSE
            assert values.base[row] == pytest.approx(np.mean([game(frozenset()) for game in games]))
            assert values.output[row] == pytest.approx(forest.predict_proba(x[row : row + 1])[0, label], abs=1e-12)


def mixed_table(seed: int, count: int = 160) -> tuple[pd.DataFrame, Floats, tuple[Column, ...], Any]:
    """Two numbers with nulls and a category: as a frame, as the graph's input, its columns, and two classes."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"a": rng.normal(size=count), "b": rng.normal(size=count), "c": rng.choice(list("uvw"), count)}
    )
    frame.loc[rng.random(count) < 0.2, "a"] = np.nan
    score = frame["a"].fillna(1.0) + frame["b"] + (frame["c"] == "u") * 1.5 - (frame["c"] == "w")
    x = np.column_stack([frame["a"], frame["b"], frame["c"].map({"u": 0.0, "v": 1.0, "w": 2.0})]).astype(np.float64)
    columns = (Column("a", "number"), Column("b", "number"), Column("c", "category", ("u", "v", "w")))
    return frame, x, columns, np.where(score > score.median(), "yes", "no")


def encoder() -> Any:
    """An imputer and a scaler for the numbers, one-hot columns for the category."""
    numeric = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_column_transformer((numeric, ["a", "b"]), (one_hot, ["c"]))


@some
@given(seed=seeds)
def test_behind_imputers_and_one_hot_columns_a_field_has_one_value(seed: int) -> None:
    """That of the field that the caller sent: of the indicator of a null with its number, of all one-hot columns."""
    frame, x, columns, y = mixed_table(seed)
    pipeline = make_pipeline(encoder(), RandomForestClassifier(3, max_depth=4, random_state=seed)).fit(frame, y)
    explainer = explainer_of(pipeline, columns, x)
    values = explainer.explain(rows(x[:6]), [1] * 6)
    made = pipeline[0].transform(frame)
    field_of = [0, 1, 0, 2, 2, 2]  # a, b, the indicator of a, then u, v and w.
    for row in range(6):
        games = [tree_worth(tree, 1, made[row], field_of) for tree in pipeline[-1].estimators_]
        assert apart(values.contributions[row], np.mean([by_definition(g, 3) for g in games], axis=0)) < CLOSE


@some
@given(seed=seeds)
def test_a_linear_model_gives_each_field_its_distance_from_the_mean(seed: int) -> None:
    frame, x, columns, y = mixed_table(seed)
    pipeline = make_pipeline(encoder(), LogisticRegression()).fit(frame, y)
    values = explainer_of(pipeline, columns, x).explain(rows(x), [1] * len(x))
    made = pipeline[0].transform(frame)
    by_column = (made - made.mean(axis=0)) * pipeline[-1].coef_[0]
    expected = np.stack([by_column[:, [0, 2]].sum(axis=1), by_column[:, 1], by_column[:, 3:].sum(axis=1)], axis=1)
    assert apart(values.contributions, expected) < CLOSE
    np.testing.assert_allclose(values.output, pipeline.decision_function(frame), rtol=CLOSE, atol=CLOSE)


def test_sets_of_categories_are_conditions_as_well() -> None:
    """Of histogram boosting: by the definition, from its own nodes, a null among the rows."""
    frame, x, columns, y = mixed_table(7, 400)
    frame["c"] = frame["c"].astype("category")
    model = HistGradientBoostingClassifier(max_iter=4, categorical_features=["c"], random_state=0).fit(frame, y)
    asked = x[[*range(8), *np.flatnonzero(np.isnan(x[:, 0]))[:4]]]
    values = explainer_of(model, columns, x).explain(rows(asked), [1] * 12)
    coded = np.column_stack([asked[:, 2], asked[:, :2]])  # Its own order: categories first.
    for row in range(12):
        games = [predictor_worth(iteration[0], coded[row], [2, 0, 1]) for iteration in model._predictors]
        assert apart(values.contributions[row], np.sum([by_definition(game, 3) for game in games], axis=0)) < CLOSE


def predictor_worth(predictor: Any, row: Floats, field_of: list[int]) -> Any:
    """What a set of fields is worth to a tree of histogram boosting."""
    nodes = predictor.nodes

    def expected(node: int, known: frozenset[int]) -> float:
        if nodes["is_leaf"][node]:
            return float(nodes["value"][node])
        column = int(nodes["feature_idx"][node])
        sides = int(nodes["left"][node]), int(nodes["right"][node])
        if field_of[column] not in known:
            return sum(float(nodes["count"][s] / nodes["count"][node]) * expected(s, known) for s in sides)
        if np.isnan(row[column]):
            to_left = bool(nodes["missing_go_to_left"][node])
        elif nodes["is_categorical"][node]:
            words = predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]]
            to_left = bool(int(words[int(row[column]) // 32]) >> int(row[column]) % 32 & 1)
        else:
            to_left = bool(row[column] <= nodes["num_threshold"][node])
        return expected(sides[0] if to_left else sides[1], known)

    return lambda known: expected(0, known)


def test_the_parts_of_a_date_are_one_field() -> None:
    """Its year, month and weekday together have one value, which adds up with that of the number beside it."""
    rng = np.random.default_rng(5)
    days = rng.integers(15_000, 19_000, 200)
    frame = pd.DataFrame({"day": days.astype("datetime64[D]").astype("datetime64[us]"), "n": rng.normal(size=200)})
    y = (frame["day"].dt.month + frame["n"] * 3 > 6).astype(int)
    calendar = make_column_transformer((Calendar(("year", "month", "weekday")), ["day"]), remainder="passthrough")
    pipeline = make_pipeline(calendar, RandomForestClassifier(5, random_state=0)).fit(frame, y)
    x = np.column_stack([days, frame["n"]]).astype(np.float64)
    explainer = explainer_of(pipeline, (Column("day", "date"), Column("n", "number")), x)
    values = explainer.explain(rows(x), [1] * 200)
    assert (explainer.method, values.contributions.shape) == ("shapley-trees", (200, 2))
    np.testing.assert_allclose(values.output, pipeline.predict_proba(frame)[:, 1], atol=CLOSE)
    assert np.abs(values.contributions[:, 0]).max() > 0.1


# -- As shap has them --------------------------------------------------------------------------------------------

TREES: dict[str, tuple[Any, int]] = {
    "tree": (DecisionTreeClassifier(max_depth=6), 3),
    "tree of values": (DecisionTreeRegressor(max_depth=6), 0),
    "forest": (RandomForestClassifier(12, min_samples_leaf=2), 2),
    "forest of three classes": (RandomForestClassifier(8), 3),
    "forest of values": (RandomForestRegressor(8, max_depth=7), 0),
    "extra trees": (ExtraTreesClassifier(8, max_depth=6), 2),
    "extra trees of values": (ExtraTreesRegressor(5), 0),
    "gradient boosting": (GradientBoostingClassifier(n_estimators=20), 2),
    "gradient boosting of values": (GradientBoostingRegressor(n_estimators=20), 0),
    "histogram boosting": (HistGradientBoostingClassifier(max_iter=10), 2),
    "histogram boosting of values": (HistGradientBoostingRegressor(max_iter=10), 0),
    "LightGBM": (lightgbm.LGBMClassifier(n_estimators=10, verbose=-1), 2),
    "LightGBM of three classes": (lightgbm.LGBMClassifier(n_estimators=5, verbose=-1), 3),
    "LightGBM of values": (lightgbm.LGBMRegressor(n_estimators=10, verbose=-1), 0),
    "LightGBM with trees dropped in training": (
        lightgbm.LGBMClassifier(boosting_type="dart", n_estimators=10, verbose=-1), 2),
    "XGBoost": (xgboost.XGBClassifier(n_estimators=10), 2),
    "XGBoost of three classes": (xgboost.XGBClassifier(n_estimators=5), 3),
    "XGBoost of values": (xgboost.XGBRegressor(n_estimators=10), 0),
    "XGBoost's random forest": (xgboost.XGBRegressor(n_estimators=1, num_parallel_tree=5, subsample=0.6), 0),
}  # fmt: skip


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize("seed", [0, 1])
def test_trees_have_the_values_of_shap(name: str, seed: int) -> None:
    model, classes = clone(TREES[name][0]).set_params(random_state=seed), TREES[name][1]
    x, target = table(seed, 250, 8)
    y = labels(target, classes) if classes else target
    model.fit(x, y)
    values = explainer_of(model, numbers(8), x).explain(rows(x[:20]), [1] * 20 if classes else None)
    expected = tree_shap(model, x[:20])
    expected = expected[..., 1] if np.ndim(expected) == 3 else expected
    assert apart(values.contributions, expected) < (SINGLE if "XGBoost" in name else CLOSE)


def test_lightgbms_random_forest_is_a_mean_though_shap_explains_the_sum() -> None:
    """So does its own `pred_contrib`; ours add up to what the model answers."""
    x, target = table(0, 250, 8)
    model = lightgbm.LGBMRegressor(boosting_type="rf", n_estimators=5, random_state=0, verbose=-1)
    model.set_params(bagging_freq=1, bagging_fraction=0.6)
    values = explainer_of(model.fit(x, target), numbers(8), x).explain(rows(x[:20]), None)
    assert apart(values.contributions * 5, tree_shap(model, x[:20])) < CLOSE
    np.testing.assert_allclose(values.output, model.predict(x[:20]), rtol=CLOSE)


def test_nulls_go_where_the_tree_sends_them() -> None:
    """As in shap, in histogram boosting fitted with nulls."""
    x, target = table(3, 300)
    x[np.random.default_rng(0).random(x.shape) < 0.2] = np.nan
    model = HistGradientBoostingRegressor(max_iter=15, random_state=0).fit(x, target)
    values = explainer_of(model, numbers(5), x).explain(rows(x[:40]), None)
    expected = tree_shap(model, x[:40])
    assert apart(values.contributions, expected) < CLOSE


# -- Sums and other scales ---------------------------------------------------------------------------------------

LINEAR = make_pipeline(StandardScaler(), LogisticRegression())
FOREST = RandomForestClassifier(4, max_depth=4, random_state=0)
EXACT: dict[str, tuple[Any, int, str, str]] = {
    "soft vote": (VotingClassifier([("a", FOREST), ("b", clone(FOREST))], voting="soft", weights=[2, 1]), 3,
                  "shapley-trees", "probability"),
    "vote of values": (VotingRegressor([("a", RandomForestRegressor(4, max_depth=4)), ("b", Ridge())]), 0,
                       "shapley-trees", "value"),
    "bagging": (BaggingClassifier(DecisionTreeClassifier(max_depth=4), 5, max_features=0.6, random_state=0), 2,
                "shapley-trees", "probability"),
    "bagging of values": (BaggingRegressor(LinearRegression(), 4, random_state=0), 0, "shapley-linear", "value"),
    "one calibrated fold": (CalibratedClassifierCV(clone(LINEAR), ensemble=False, cv=3), 2, "shapley-linear",
                            "log-odds"),
    "calibrated forest": (CalibratedClassifierCV(clone(FOREST), ensemble=False, cv=3), 2, "shapley-trees", "log-odds"),
    "soft-max": (clone(LINEAR), 3, "shapley-linear", "decision"),
    "labels only": (RidgeClassifier(), 2, "shapley-linear", "decision"),
    "labels only, three": (LinearSVC(), 3, "shapley-linear", "decision"),
    "scaled target": (TransformedTargetRegressor(Ridge(), transformer=StandardScaler()), 0, "shapley-linear", "value"),
    "boosted soft-max": (GradientBoostingClassifier(n_estimators=5), 3, "shapley-trees", "decision"),
    "counts": (PoissonRegressor(), 0, "shapley-linear", "log"),
    "exponential loss": (GradientBoostingClassifier(n_estimators=5, loss="exponential"), 2, "shapley-trees",
                         "log-odds"),
}  # fmt: skip


def outputs_of(model: Any, x: Floats, of: str, label: int) -> Floats:
    """The fitted model's own answer on a scale."""
    if of == "probability":
        return np.asarray(model.predict_proba(x)[:, label], dtype=np.float64)
    if of == "log-odds":
        p = model.predict_proba(x)
        return np.asarray(np.log(p[:, label] / p[:, 1 - label]), dtype=np.float64)
    if of in ("value", "log"):
        return np.asarray(model.predict(x) if of == "value" else np.log(model.predict(x)), dtype=np.float64)
    decision = model.decision_function(x)
    return np.asarray(decision[:, label] if decision.ndim == 2 else decision * (2 * label - 1), dtype=np.float64)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", EXACT)
def test_base_and_contributions_add_up_to_the_models_own_answer(name: str) -> None:
    """Of every class, and whichever class that is."""
    model, classes, method, of = EXACT[name]
    x, target = table(1, 200)
    model = clone(model).fit(x, labels(target, classes) if classes else np.abs(target) + 0.1)
    explainer = explainer_of(model, numbers(5), x)
    assert (explainer.method, explainer.of) == (method, of)
    for label in range(classes or 1):
        values = explainer.explain(rows(x), [label] * len(x) if classes else None)
        expected = outputs_of(model, x, of, label)
        np.testing.assert_allclose(values.output, expected, rtol=CLOSE, atol=CLOSE)
        np.testing.assert_allclose(values.base + values.contributions.sum(axis=1), expected, rtol=CLOSE, atol=CLOSE)


NOT_EXACT = {
    "columns of several fields": make_pipeline(PolynomialFeatures(2), LogisticRegression(max_iter=2000)),
    "a vote of logistic functions": VotingClassifier([("a", LINEAR), ("b", FOREST)], voting="soft"),
    "calibrated folds": CalibratedClassifierCV(clone(LINEAR), cv=3),
}


@pytest.mark.parametrize("name", NOT_EXACT)
def test_what_is_no_sum_over_fields_is_not_explained_exactly(name: str) -> None:
    x, target = table(2)
    model = clone(NOT_EXACT[name]).fit(x, labels(target, 2))
    with pytest.raises(CannotExplain):
        explainer_of(model, numbers(5), x)


# -- How they are computed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", [0, 20_000])
def test_without_memory_for_tables_the_values_are_the_same(memory: int) -> None:
    x, target = table(4, 300, 8)
    model = RandomForestRegressor(20, random_state=0).fit(x, target)
    whole = explainer_of(model, numbers(8), x).explain(rows(x[:30]), None)
    less = explainer_of(model, numbers(8), x, memory).explain(rows(x[:30]), None)
    assert apart(less.contributions, whole.contributions) < 1e-12
    assert less.base[0] == pytest.approx(whole.base[0])


@pytest.mark.parametrize("memory", [0, 1 << 26])
def test_a_row_has_the_same_values_in_any_batch(memory: int) -> None:
    """To the last bit, so that replies are the same bytes."""
    x, target = table(5, 300, 8)
    explainer = explainer_of(
        RandomForestClassifier(30, random_state=0).fit(x, labels(target, 3)), numbers(8), x, memory
    )
    classes = [row % 3 for row in range(300)]
    whole = explainer.explain(rows(x), classes)
    for row in range(0, 300, 7):
        alone = explainer.explain(rows(x[row : row + 1]), classes[row : row + 1])
        assert np.array_equal(alone.contributions[0], whole.contributions[row])
        assert alone.output[0] == whole.output[row]


def test_a_model_of_constants_gives_every_field_nothing() -> None:
    x, _ = table(6)
    model = RandomForestRegressor(3, random_state=0).fit(x, np.full(len(x), 7.0))
    values = explainer_of(model, numbers(5), x).explain(rows(x[:4]), None)
    assert not values.contributions.any()
    assert values.base.tolist() == values.output.tolist() == pytest.approx([7.0] * 4)
