"""The trees of a pipeline as they are: which there are, and which row comes to which split."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

from twinserve.arrays import FloatArray
from twinserve.proof.decision_paths import dense
from twinserve.proof.find_trees import find_trees

ROWS = 150


def table() -> FloatArray:
    """Two numbers, one of them missing here and there, and the code of a category."""
    rng = np.random.default_rng(0)
    x = np.stack([rng.normal(size=ROWS), rng.random(ROWS), rng.integers(0, 6, ROWS)], axis=1)
    x[::7, 1] = np.nan
    return x


def target(x: FloatArray) -> FloatArray:
    """Depends on every column."""
    return np.asarray(x[:, 0] + np.nan_to_num(x[:, 1], nan=3.0) + np.sin(x[:, 2]) + np.arange(ROWS) / 100)


def test_the_visitor_of_a_split_is_the_first_row_whose_way_leads_there() -> None:
    x = table()
    tree = DecisionTreeRegressor(random_state=0).fit(x, target(x))
    (ensemble,) = find_trees(make_pipeline(tree))
    ways = tree.decision_path(x).tocsc()
    expected = [int(np.flatnonzero(ways[:, [node]].toarray())[0]) for node in ensemble.nodes.tolist()]
    assert ensemble.first_rows(np.arange(len(ensemble.nodes)), x).tolist() == expected


def test_a_split_that_no_row_comes_to_has_no_visitor() -> None:
    x = table()
    (ensemble,) = find_trees(make_pipeline(DecisionTreeRegressor(random_state=0).fit(x, target(x))))
    visitors = ensemble.first_rows(np.arange(len(ensemble.nodes)), x[:1])
    assert visitors.max() == 0
    assert visitors.min() == -1


def test_only_the_splits_that_are_asked_for_are_answered() -> None:
    x = table()
    (ensemble,) = find_trees(make_pipeline(RandomForestClassifier(3, random_state=0).fit(x, x[:, 0] > 0)))
    everything = ensemble.first_rows(np.arange(len(ensemble.nodes)), x)
    some = np.array([3, 2, len(ensemble.nodes) - 1])
    assert ensemble.first_rows(some, x).tolist() == everything[some].tolist()


@pytest.mark.parametrize("categories", [None, [2]])
def test_boosted_trees_send_rows_as_they_do_themselves(categories: list[int] | None) -> None:
    """Each row ends in the leaf whose value it is predicted with."""
    x = table()
    booster = HistGradientBoostingRegressor(
        max_iter=1, learning_rate=1.0, min_samples_leaf=2, categorical_features=categories
    ).fit(x, target(x))
    (ensemble,) = find_trees(make_pipeline(booster))
    (tree,) = ensemble.trees
    seen, node_values = dense(ensemble.transform(x)), booster._predictors[0][0].nodes["value"]
    ends = []
    for row in seen:
        node = 0
        while not tree.is_leaf[node]:
            left = tree.goes_left(node, row[[tree.columns[node]]])[0]
            node = int((tree.left if left else tree.right)[node])
        ends.append(node_values[node])
    np.testing.assert_allclose(booster._baseline_prediction.ravel() + ends, booster.predict(x), rtol=1e-12)
