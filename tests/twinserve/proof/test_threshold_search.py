"""The two sides of every split: neighbouring doubles between which a tree's decision turns, whatever precedes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeRegressor

from tests.twinserve.signature.made import feature, signature
from twinserve.arrays import FloatArray
from twinserve.proof import threshold_search
from twinserve.proof.threshold_search import crossings
from twinserve.signature import Columns, Signature
from twinserve.signature.frames import from_frame, to_frame

ROWS = 120
ONE = signature(feature("x"))


def table(seed: int = 0) -> pd.DataFrame:
    """Numbers of different sizes, one of them sometimes missing, and a category."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "x": np.round(rng.normal(size=ROWS), 3),
            "y": 1e4 * rng.random(ROWS) + 5e6,
            "n": np.where(rng.random(ROWS) < 0.2, np.nan, rng.random(ROWS)),
            "c": rng.choice(np.array(["red", "green", "blue"], dtype=object), ROWS),
        }
    )


def target(frame: pd.DataFrame) -> FloatArray:
    """Something that depends on every column, without two rows alike."""
    target = frame["x"] + frame["y"] / 1e4 + frame.get("n", pd.Series(0.0, frame.index)).fillna(2.0)
    return np.asarray(target + np.arange(len(frame)) * 1e-3, dtype=np.float64)


def pairs(pipeline: Any, real: Columns, contract: Signature, seed: int = 0) -> list[tuple[int, int, float, float]]:
    """The row, the feature and the two sides of each split's turn; the neighbours beyond are checked on the way."""
    every = crossings(real, contract, pipeline, np.random.default_rng(seed)).changes
    present = [(row, place, value) for row, place, value in every if not np.isnan(value)]
    if not present:
        return []
    outer_left, left, right, outer_right = (
        present[start : start + len(present) // 4] for start in range(0, len(present), len(present) // 4)
    )
    for (*at, one), (*_, two), (*_, three), (*_, four) in zip(outer_left, left, right, outer_right, strict=True):
        assert (np.nextafter(one, np.inf), np.nextafter(two, np.inf), np.nextafter(three, np.inf)) == (two, three, four)
        assert at[0] < len(real)
        assert at[1] < len(contract.features)
    return [(row, place, low, high) for (row, place, low), (*_, high) in zip(left, right, strict=True)]


def turning(
    pipeline: Any, real: Columns, contract: Signature, turns: Sequence[tuple[int, int, float, float]]
) -> NDArray[np.bool_]:
    """For each turn: does the prediction for its row change between the two sides?"""
    sides = []
    for side in (2, 3):
        moved = real.take([row for row, *_ in turns])
        for new, turn in enumerate(turns):
            moved.matrix[new, turn[1]] = turn[side]
        sides.append(pipeline.predict(to_frame(moved, contract)))
    changed: NDArray[np.bool_] = sides[0] != sides[1]
    return changed


def reverse(x: Any) -> Any:
    """The other way round."""
    return -x


def bend(x: Any) -> Any:
    """Down and up again."""
    return np.abs(x)


def near(x: Any) -> Any:
    """Nothing beyond what it was fitted on, as Box and Cox take no negative number."""
    if np.abs(x).to_numpy().max() > 4.0:
        raise ValueError("Too far away.")
    return x


# ---- with one feature, every split is on some row's way: its two sides end in different leaves ----------------------

STEPS: dict[str, list[Any]] = {
    "alone": [],
    "scaled": [StandardScaler()],
    "scaled twice": [MinMaxScaler((0, 1e-6)), StandardScaler()],
    "reversed": [FunctionTransformer(reverse)],
    "imputed": [SimpleImputer()],
    "refuses what is far away": [FunctionTransformer(near)],
}
TREES: dict[str, Any] = {
    "tree": DecisionTreeRegressor(random_state=0),
    "boosted, old": GradientBoostingRegressor(n_estimators=1, max_depth=6, random_state=0),
    "boosted": HistGradientBoostingRegressor(max_iter=1, min_samples_leaf=2, random_state=0),
    "boosted twice": HistGradientBoostingRegressor(max_iter=2, min_samples_leaf=9, random_state=0),
}


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_the_prediction_changes_between_the_two_sides_of_every_split(steps: list[Any], tree: Any) -> None:
    frame = table()[["x"]]
    pipeline = make_pipeline(*steps, tree).fit(frame, target(table()))
    turns = pairs(pipeline, from_frame(frame, ONE), ONE)
    assert len(turns) > 10
    assert turning(pipeline, from_frame(frame, ONE), ONE, turns).all()


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_no_split_of_a_tree_is_left_out(steps: list[Any]) -> None:
    """The predictions turn as often as the tree has splits."""
    frame = table()[["x"]]
    pipeline = make_pipeline(*steps, DecisionTreeRegressor(random_state=0)).fit(frame, target(table()))
    tree = pipeline[-1].tree_
    assert len(set(pairs(pipeline, from_frame(frame, ONE), ONE))) == (tree.feature >= 0).sum()


# ---- with several features, the row that comes with a split is one that the split decides about ---------------------

MANY = signature(
    feature("x"), feature("y"), feature("n", nullable=True), feature("c", "category", seen_categories=("blue", "red"))
)


def encoded() -> Any:
    """Categories first, so that the trees' columns are not ours; a missing number stays one."""
    return make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["c"]),
        (StandardScaler(), ["y", "x"]),
        ("passthrough", ["n"]),
    )


DEEP: dict[str, Any] = {
    "tree": make_pipeline(encoded(), DecisionTreeRegressor(random_state=0)),
    "bagged tree": make_pipeline(
        encoded(), BaggingRegressor(n_estimators=1, max_features=0.7, bootstrap=False, random_state=0)
    ),
    "boosted": make_pipeline(encoded(), HistGradientBoostingRegressor(max_iter=1, min_samples_leaf=1, random_state=0)),
    "boosted, with categories": make_pipeline(
        HistGradientBoostingRegressor(max_iter=1, min_samples_leaf=1, categorical_features=["c"], random_state=0)
    ),
}


@pytest.mark.parametrize("pipeline", DEEP.values(), ids=DEEP)
def test_however_deep_a_split_is_the_prediction_for_its_row_changes_there(pipeline: Any) -> None:
    frame = table()
    pipeline.fit(frame, target(frame))
    real = from_frame(frame, MANY)
    turns = pairs(pipeline, real, MANY)
    assert len(turns) > 20
    assert turning(pipeline, real, MANY, turns).all()


def test_every_feature_that_is_a_number_is_met() -> None:
    """One whose first value is missing, too."""
    frame = table()
    frame.loc[0, "n"] = np.nan
    pipeline = DEEP["tree"].fit(frame, target(frame))
    assert {place for _, place, _, _ in pairs(pipeline, from_frame(frame, MANY), MANY)} == {0, 1, 2}


@pytest.mark.parametrize("pipeline", DEEP.values(), ids=DEEP)
def test_null_is_tried_at_each_split_of_a_feature_that_may_be_null_and_of_no_other(pipeline: Any) -> None:
    frame = table()
    pipeline.fit(frame, target(frame))
    real = from_frame(frame, MANY)
    every = crossings(real, MANY, pipeline, np.random.default_rng(0)).changes
    columns_left_out = [place for _, place, value in every if np.isnan(value)]
    turns = [place for _, place, _, _ in pairs(pipeline, real, MANY)]
    assert set(columns_left_out) == {2}
    assert len(columns_left_out) >= turns.count(2)


@pytest.mark.parametrize(
    "forest",
    [RandomForestRegressor(5, random_state=0), AdaBoostRegressor(n_estimators=3, random_state=0)],
    ids=["forest", "ada"],
)
def test_each_tree_of_a_forest_changes_its_own_mind(forest: Any) -> None:
    """The sum of all may hide it; so the trees are asked one by one."""
    frame = table()[["x", "y"]]
    contract = signature(feature("x"), feature("y"))
    pipeline = make_pipeline(StandardScaler(), forest).fit(frame, target(frame))
    real = from_frame(frame, contract)
    turns = pairs(pipeline, real, contract)
    changed = np.zeros(len(turns), dtype=int)
    for tree in pipeline[-1].estimators_:
        changed += turning(make_pipeline(pipeline[0], tree), real, contract, turns)
    assert (changed > 0).all()
    assert len(turns) == sum((tree.tree_.feature >= 0).sum() for tree in pipeline[-1].estimators_)


# ---- what is left out, and how much is taken ------------------------------------------------------------------------


def test_a_pipeline_without_trees_has_no_splits() -> None:
    frame = table()[["x"]]
    pipeline = make_pipeline(StandardScaler(), LinearRegression()).fit(frame, target(table()))
    assert pairs(pipeline, from_frame(frame, ONE), ONE) == []


def test_a_tree_that_is_one_leaf_has_no_splits() -> None:
    frame = table()[["x"]]
    pipeline = make_pipeline(DecisionTreeRegressor()).fit(frame, np.zeros(ROWS))
    assert pairs(pipeline, from_frame(frame, ONE), ONE) == []


def test_a_column_that_turns_back_or_that_two_features_move_is_left_out() -> None:
    """There bisection has no ground to stand on."""
    frame, contract = table()[["x", "y"]], signature(feature("x"), feature("y"))
    for step in (FunctionTransformer(bend), PCA()):
        pipeline = make_pipeline(step, DecisionTreeRegressor(random_state=0)).fit(frame, target(frame))
        places = {place for _, place, _, _ in pairs(pipeline, from_frame(frame, contract), contract)}
        assert places <= {1}  # The absolute value of y, which is never negative, is y.


def test_a_column_in_steps_is_crossed_at_the_edge_of_a_step() -> None:
    frame = table()[["x"]]
    bins = KBinsDiscretizer(8, encode="ordinal", strategy="uniform")
    pipeline = make_pipeline(bins, DecisionTreeRegressor(random_state=0)).fit(frame, target(table()))
    turns = pairs(pipeline, from_frame(frame, ONE), ONE)
    edges = pipeline[0].bin_edges_[0]
    assert {high for *_, high in turns} == set(edges[1:-1])


def test_of_a_large_forest_a_part_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threshold_search, "MOST_SPLITS", 25)
    frame = table()[["x"]]
    pipeline = make_pipeline(RandomForestRegressor(5, random_state=0)).fit(frame, target(table()))
    real = from_frame(frame, ONE)
    assert len(pairs(pipeline, real, ONE)) == 25
    assert pairs(pipeline, real, ONE, seed=1) == pairs(pipeline, real, ONE, seed=1)
    assert pairs(pipeline, real, ONE, seed=1) != pairs(pipeline, real, ONE, seed=2)
