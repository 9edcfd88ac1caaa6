"""Every tree inside a fitted pipeline is found, with the way from the pipeline's table to the tree's input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from twinserve.arrays import FloatArray
from twinserve.estimators.label_encoded import Coded
from twinserve.proof.decision_paths import TracedTree, dense
from twinserve.proof.find_trees import find_trees

ROWS = 150


def table() -> FloatArray:
    """Two numbers and the code of a category."""
    rng = np.random.default_rng(0)
    return np.stack([rng.normal(size=ROWS), rng.random(ROWS), rng.integers(0, 6, ROWS)], axis=1)


def target(x: FloatArray) -> FloatArray:
    """Depends on every column."""
    return np.asarray(x[:, 0] + x[:, 1] + np.sin(x[:, 2]) + np.arange(ROWS) / 100)


def leaf(tree: TracedTree, row: FloatArray) -> int:
    """The node where a row of the tree's input ends."""
    node = 0
    while not tree.is_leaf[node]:
        left = tree.goes_left(node, row[[tree.columns[node]]])[0]
        node = int((tree.left if left else tree.right)[node])
    return node


def test_bagged_trees_that_see_some_columns_are_read_in_the_columns_of_all() -> None:
    x = table()
    bagging = BaggingRegressor(n_estimators=4, max_features=1, random_state=0).fit(x, target(x))
    (ensemble,) = find_trees(make_pipeline(bagging))
    for owner, picks in enumerate(bagging.estimators_features_):
        assert set(ensemble.columns[ensemble.owners == owner]) == {int(picks[0])}


def test_a_pipeline_without_trees_has_none() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
    assert list(find_trees(make_pipeline(StandardScaler(), LinearRegression()).fit(frame, [1.0, 2.0, 4.0]))) == []


@pytest.mark.parametrize(
    ("model", "trees"),
    [
        (RandomForestClassifier(4, random_state=0), 4),
        (CalibratedClassifierCV(DecisionTreeClassifier(random_state=0), cv=3), 3),
        (CalibratedClassifierCV(RandomForestClassifier(2, random_state=0), cv=2), 4),
    ],
)
def test_trees_inside_an_ensemble_inside_another_are_found(model: Any, trees: int) -> None:
    """All of them together, as they look at the same input."""
    x = table()[:, [0, 2]]
    (ensemble,) = find_trees(make_pipeline(StandardScaler(), model).fit(x, x[:, 0] > 0))
    assert ensemble.narrow
    assert len(ensemble.trees) == trees


def scaled(*steps: Any) -> Any:
    """A member that is a pipeline itself."""
    return make_pipeline(StandardScaler(), *steps)


@pytest.mark.parametrize(
    "model",
    [
        VotingClassifier([("a", scaled(DecisionTreeClassifier(random_state=0))), ("b", LogisticRegression())]),
        StackingClassifier([("a", scaled(DecisionTreeClassifier(random_state=0)))], cv=2),
        BaggingClassifier(
            scaled(DecisionTreeClassifier(random_state=0)), n_estimators=1, max_features=2, bootstrap=False
        ),
        CalibratedClassifierCV(scaled(DecisionTreeClassifier(random_state=0)), ensemble=False, cv=2),
        GridSearchCV(scaled(DecisionTreeClassifier(random_state=0)), {}, cv=2),
        Coded(scaled(DecisionTreeClassifier(random_state=0))),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_members_own_steps_are_part_of_the_way_to_its_trees(model: Any) -> None:
    """The thresholds are those of scaled numbers, and every split is met by some row that was learned from."""
    x = table()
    model = make_pipeline(StandardScaler(), clone(model)).fit(x, x[:, 0] + x[:, 1] > 0.5)
    (ensemble,) = find_trees(model)
    seen = dense(ensemble.transform(x))
    np.testing.assert_allclose(seen.mean(axis=0), 0.0, atol=1e-12)
    assert (ensemble.first_rows(np.arange(len(ensemble.nodes)), seen) >= 0).all()


def test_the_regressor_behind_a_transformed_target_is_found() -> None:
    x = table()
    model = TransformedTargetRegressor(DecisionTreeRegressor(random_state=0), func=np.log1p, inverse_func=np.expm1)
    (ensemble,) = find_trees(model.fit(x, np.abs(target(x))))
    assert len(ensemble.trees) == 1


def test_several_boosted_members_are_found_each_with_its_own_input() -> None:
    x = table()
    members = [(name, scaled(HistGradientBoostingClassifier(max_iter=2, random_state=0))) for name in "ab"]
    model = VotingClassifier(members).fit(x, x[:, 0] > 0)
    assert [len(ensemble.trees) for ensemble in find_trees(model)] == [2, 2]


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_xgboosts_trees_send_rows_as_the_library_does(share: float) -> None:
    xgboost = pytest.importorskip("xgboost", reason="the extra `boosters` is not installed")
    x = table()
    x[np.random.default_rng(1).random(x.shape) < share] = np.nan
    model = xgboost.XGBRegressor(
        n_estimators=3, enable_categorical=True, feature_types=["q", "q", "c"], max_cat_to_onehot=1, n_jobs=1
    ).fit(x, np.arange(ROWS) % 7)
    (ensemble,) = find_trees(make_pipeline(model))
    expected = model.apply(x).astype(int).tolist()
    assert [[leaf(tree, row) for tree in ensemble.trees] for row in dense(ensemble.transform(x))] == expected


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_lightgbms_trees_send_rows_as_the_library_does(share: float) -> None:
    """Rows that end together there end together here."""
    lightgbm = pytest.importorskip("lightgbm", reason="the extra `boosters` is not installed")
    x = table()
    x[np.random.default_rng(1).random(x.shape) < share] = np.nan
    model = lightgbm.LGBMRegressor(n_estimators=3, min_child_samples=4, min_data_per_group=1, verbose=-1, n_jobs=1)
    model.fit(x, np.arange(ROWS) % 7, categorical_feature=[2])
    (ensemble,) = find_trees(make_pipeline(model))
    theirs, rows = model.predict(x, pred_leaf=True), dense(ensemble.transform(x))
    for place, tree in enumerate(ensemble.trees):
        pairs = {(leaf(tree, row), int(theirs[i, place])) for i, row in enumerate(rows)}
        assert len(pairs) == len({mine for mine, _ in pairs}) == len({their for _, their in pairs})


def test_trees_that_are_not_compiled_either_are_not_looked_for() -> None:
    xgboost = pytest.importorskip("xgboost", reason="the extra `boosters` is not installed")
    x = table()
    model = xgboost.XGBRegressor(n_estimators=4, missing=-1.0, n_jobs=1)
    model.fit(x, target(x))
    assert list(find_trees(make_pipeline(model))) == []
