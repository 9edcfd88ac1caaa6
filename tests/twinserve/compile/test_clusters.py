"""Distances to clusters, similarities, groups and leaves are as scikit-learn makes them for the steps behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import Birch, BisectingKMeans, FeatureAgglomeration, KMeans, MiniBatchKMeans
from sklearn.decomposition import KernelPCA
from sklearn.ensemble import RandomTreesEmbedding
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from tests.twinserve.compile.comparing import (
    assert_same,
    compiled_answer,
    fitted,
    plain,
    random_labels,
    random_numbers,
    some,
)
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile

CENTRES: list[Any] = [
    KMeans(4, n_init=1, random_state=0),
    MiniBatchKMeans(4, n_init=1, random_state=0),
    BisectingKMeans(4, random_state=0),
]
STEPS: list[Any] = [
    FeatureAgglomeration(2),
    Nystroem(n_components=9, random_state=0),
    Nystroem(kernel="poly", n_components=8, random_state=0),
    Nystroem(kernel="laplacian", n_components=8, random_state=0),
    KernelPCA(2),
    KernelPCA(2, kernel="rbf", eigen_solver="dense"),
    KernelPCA(2, kernel="sigmoid", eigen_solver="dense"),
    RandomTreesEmbedding(5, max_depth=3, random_state=0),
    RandomTreesEmbedding(5, max_depth=3, sparse_output=False, random_state=0),
]


@pytest.mark.parametrize(
    ("step", "tolerance"), [*((step, 1e-9) for step in STEPS), *((step, 1e-7) for step in CENTRES)], ids=str
)
@some
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_what_comes_after_gets_the_same_columns(step: Any, tolerance: float, seed: int, width: int) -> None:
    """A row may be a centre itself: of that distance, the root of a difference, scikit-learn has half of the digits."""
    x = random_numbers(seed, 60, width)
    model = make_pipeline(StandardScaler(), step, LogisticRegression())
    rows = np.concatenate([x, x[:9] * 3.0, np.zeros((1, width))])
    assert_same(fitted(model, x, random_labels(seed, x, 2)), plain(rows), tolerance=tolerance)


def test_leaves_before_trees_and_rows_that_trees_refuse() -> None:
    x = random_numbers(0, 60, 3)
    model = make_pipeline(RandomTreesEmbedding(5, max_depth=3, random_state=0), DecisionTreeClassifier(random_state=0))
    fitted(model, x, random_labels(0, x, 3))
    assert_same(model, plain(np.concatenate([x, np.nextafter(x, np.inf), x.astype(np.float32)])))
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="infinity"):
        model.predict(x[:1] * 1e300)
    assert np.isnan(compiled_answer(model, plain(x[:1] * 1e300))["probabilities"]).all()


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (Birch(n_clusters=None), "many rows are the centre of their own subcluster"),
        (
            RBFSampler(n_components=5, random_state=0),
            "it takes the cosine of a sum, which the last bits",
        ),
        (FeatureAgglomeration(2, pooling_func=np.max), "its pooling_func is not the mean"),
        (Nystroem(kernel="cosine", n_components=8), "kernel='cosine' is not lowered"),
    ],
)
def test_each_is_refused_with_its_reason(step: Any, reason: str) -> None:
    x = random_numbers(0, 40, 3)
    model = fitted(make_pipeline(step, LogisticRegression()), x, random_labels(0, x, 2))
    with pytest.raises(CannotCompile, match=reason):
        compile_pipeline(model, plain(x).columns)
