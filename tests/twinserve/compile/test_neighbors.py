"""Nearest centroids, neighbours within a radius and spread labels are as in scikit-learn; estimators that no graph can
follow are refused with the reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    NearestCentroid,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelPropagation, LabelSpreading

from tests.twinserve.compile.comparing import (
    Floats,
    assert_same,
    compiled_answer,
    plain,
    random_labels,
    random_numbers,
    some,
)
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile


@pytest.mark.parametrize("priors", ["uniform", "empirical"])
@some
@given(st.integers(0, 10**6), st.integers(30, 80), st.integers(1, 6), st.integers(2, 4))
def test_the_nearest_centroid_is_the_same(priors: str, seed: int, rows: int, width: int, classes: int) -> None:
    x = random_numbers(seed, rows, width)
    model = NearestCentroid(priors=priors).fit(x, random_labels(seed, x, classes))
    assert_same(model, plain(np.concatenate([x, x[:5] * 1e3, np.zeros((1, width))])), tolerance=1e-10)


@pytest.mark.filterwarnings("ignore:self.within_class_std_dev_ has:UserWarning")
def test_a_shrunken_centroid_and_a_column_without_spread() -> None:
    x = np.column_stack([random_numbers(1, 60, 3), np.ones(60)])
    y = random_labels(1, x, 3)
    assert_same(NearestCentroid(shrink_threshold=0.2).fit(x[:, :3], y), plain(x[:, :3]))
    assert_same(NearestCentroid().fit(x, y), plain(x))


def test_a_row_as_near_to_two_centroids_belongs_to_the_first() -> None:
    model = NearestCentroid().fit(np.array([[0.0], [2.0], [4.0], [6.0]]), [0, 0, 1, 1])
    assert_same(model, plain([[3.0], [np.nextafter(3.0, 4.0)], [np.nextafter(3.0, 0.0)]]))


WITHIN: list[dict[str, Any]] = [
    {}, {"algorithm": "ball_tree"}, {"weights": "distance"}, {"p": 1}, {"metric": "manhattan", "weights": "distance"},
]  # fmt: skip


def whole_numbers(seed: int) -> tuple[Floats, Floats]:
    """A grid, on which many rows are exactly as far from one another as a radius of 5; and rows in and beside it."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(-6, 7, (60, 3)).astype(np.float64)
    return rows, np.concatenate([rows, rows + 5.0, rows * 0.5, rng.normal(size=(60, 3)) * 9.0, rows[:3] * 1e200])


@pytest.mark.parametrize("parameters", WITHIN, ids=str)
@some
@given(st.integers(0, 10**6))
def test_the_votes_of_all_rows_within_a_radius(parameters: dict[str, Any], seed: int) -> None:
    x, rows = whole_numbers(seed)
    labels = random_labels(seed, x, 3)
    for outlier in (2, "most_frequent"):
        model = RadiusNeighborsClassifier(5.0, outlier_label=outlier, **parameters).fit(x, labels)
        assert_same(model, plain(rows))


@pytest.mark.filterwarnings("ignore:One or more samples have no neighbors:UserWarning")
@pytest.mark.parametrize("parameters", WITHIN, ids=str)
@some
@given(st.integers(0, 10**6))
def test_the_mean_of_all_rows_within_a_radius_and_none_without_any(parameters: dict[str, Any], seed: int) -> None:
    x, rows = whole_numbers(seed)
    assert_same(RadiusNeighborsRegressor(5.0, **parameters).fit(x, x @ [1.0, 2.0, 3.0]), plain(rows))


def test_a_row_without_neighbours_has_no_class_where_none_stands_for_it() -> None:
    x, _ = whole_numbers(0)
    model = RadiusNeighborsClassifier(5.0).fit(x, random_labels(0, x, 2))
    answer = compiled_answer(model, plain([[0.0, 0.0, 0.0], [90.0, 0.0, 0.0]]))
    np.testing.assert_array_equal(np.isnan(answer["probabilities"]).all(axis=1), [False, True])


def test_several_targets_within_a_radius() -> None:
    x, _ = whole_numbers(0)
    y = np.column_stack([random_labels(0, x, 3), random_labels(1, x, 2)])
    model = RadiusNeighborsClassifier(5.0).fit(x, y)
    answer = compiled_answer(model, plain(x))
    np.testing.assert_array_equal(answer["label"] - [0, 3], model.predict(x))
    np.testing.assert_allclose(answer["probabilities"], np.hstack(model.predict_proba(x)), atol=1e-12)
    values = RadiusNeighborsRegressor(5.0).fit(x, x[:, :2])
    np.testing.assert_allclose(compiled_answer(values, plain(x))["value"], values.predict(x), atol=1e-12)


def test_a_search_by_products_is_refused_where_rows_lie_at_just_the_radius() -> None:
    """Of 3,600 rows made of iris' values 17 get other votes than from a tree, which compares differences."""
    x, _ = whole_numbers(0)
    model = RadiusNeighborsRegressor(5.0, algorithm="brute").fit(x, x[:, 0])
    with pytest.raises(CannotCompile, match="rows lie at just its radius, where the last bit of a product decides"):
        compile_pipeline(model, plain(x).columns)
    x = x + np.random.default_rng(0).normal(size=x.shape) * 0.1
    assert_same(model.fit(x, x[:, 0]), plain(x))


@pytest.mark.parametrize("model", [LabelPropagation(gamma=3.0), LabelSpreading(gamma=0.5), LabelSpreading()], ids=str)
@some
@given(st.integers(0, 10**6), st.integers(2, 3))
def test_labels_spread_to_rows_by_their_similarity(model: Any, seed: int, classes: int) -> None:
    x = StandardScaler().fit_transform(random_numbers(seed, 60, 3))
    labels = random_labels(seed, x, classes)
    labels[classes + 5 :: 4] = -1
    assert_same(model.fit(x, labels), plain(np.concatenate([x, x * 1.01])), tolerance=1e-10)


def test_a_row_that_is_similar_to_none_has_no_label() -> None:
    x = random_numbers(0, 40, 2) / 1e4
    model = LabelSpreading(gamma=1.0).fit(x, random_labels(0, x, 2))
    answer = compiled_answer(model, plain([[0.0, 0.0], [90.0, 0.0]]))
    np.testing.assert_array_equal(np.isnan(answer["probabilities"]).all(axis=1), [False, True])


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (KNeighborsClassifier(), "which of the rows at the same distance are neighbours is decided by the order of"),
        (KNeighborsRegressor(), "which of the rows at the same distance are neighbours is decided by the order of"),
        (NearestCentroid(metric="manhattan"), "metric='manhattan' is not lowered$"),
        (RadiusNeighborsClassifier(9.0, metric="chebyshev"), "metric='chebyshev' is not lowered$"),
        (RadiusNeighborsClassifier(9.0, p=3), "metric='minkowski' with p=3 is not lowered$"),
        (RadiusNeighborsClassifier(9.0, weights=np.square), "its weights are a function$"),
        (RadiusNeighborsClassifier(9.0, outlier_label=7), "its outlier_label=7 is none of its classes$"),
        (
            RadiusNeighborsClassifier(9.0, weights="distance", algorithm="brute"),
            "of a distance near 0 a product keeps no digit, and the weight of a row is its inverse$",
        ),
        (LabelSpreading(kernel="knn"), "which of the rows at the same distance are neighbours is decided by the order"),
        (LabelSpreading(gamma=1e9), "its numbers are so large for its gamma that scikit-learn's own distances lose"),
    ],
)
def test_each_is_refused_with_its_reason(model: Any, reason: str) -> None:
    x = random_numbers(0, 40, 2)
    with pytest.raises(CannotCompile, match=rf"^sklearn\.\w+\.{type(model).__name__}: {reason}"):
        compile_pipeline(model.fit(x, random_labels(0, x, 2)), plain(x).columns)
