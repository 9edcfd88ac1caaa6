"""Naive Bayes: the same label, the same probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB

from tests.twinserve.compile.comparing import assert_same, fitted, plain, random_labels, random_numbers, some
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile

shapes = st.tuples(st.integers(0, 10**6), st.integers(30, 80), st.integers(1, 6))


@some
@given(shapes, st.integers(1, 5))
def test_gaussian(shape: tuple[int, int, int], classes: int) -> None:
    x = random_numbers(*shape)
    model = GaussianNB().fit(x, random_labels(shape[0], x, classes))
    assert_same(model, plain(np.concatenate([x, 0.5 * x, np.zeros((1, x.shape[1]))])), tolerance=1e-10)


@some
@given(
    st.sampled_from([MultinomialNB(), MultinomialNB(fit_prior=False), ComplementNB(), ComplementNB(norm=True)]),
    shapes,
    st.integers(1, 5),
)
def test_counts(model: Any, shape: tuple[int, int, int], classes: int) -> None:
    x = np.random.default_rng(shape[0]).integers(0, 9, shape[1:]).astype(np.float64)
    assert_same(fitted(model, x, random_labels(shape[0], x, classes)), plain(x))


@some
@given(shapes, st.integers(1, 4), st.sampled_from([0.0, 1.5, None]))
def test_bernoulli(shape: tuple[int, int, int], classes: int, threshold: float | None) -> None:
    x = random_numbers(*shape)
    if threshold is None:
        x = (x > 0.5).astype(np.float64)
    assert_same(BernoulliNB(binarize=threshold).fit(x, random_labels(shape[0], x, classes)), plain(x))


@some
@given(shapes, st.integers(1, 4))
def test_whole_numbers_as_categories(shape: tuple[int, int, int], classes: int) -> None:
    x = np.random.default_rng(shape[0]).integers(0, 6, shape[1:]).astype(np.float64)
    model = CategoricalNB(min_categories=6).fit(x, random_labels(shape[0], x, classes))
    # A number loses its fraction, also one between -1 and 0.
    assert_same(model, plain(np.concatenate([x, np.minimum(x + 0.75, 5.75), x - 0.75])))


def test_a_probability_of_zero_without_smoothing_is_refused() -> None:
    """Zero times minus infinity is not a number, in a product over all categories."""
    x = np.array([[0.0], [0.0], [1.0], [1.0]])
    model = CategoricalNB(alpha=0.0, force_alpha=True)
    with np.errstate(divide="ignore"):
        model.fit(x, [0, 0, 1, 1])
    with pytest.raises(CannotCompile, match=r"CategoricalNB: alpha=0\.0 leaves a probability of 0 or 1"):
        compile_pipeline(model, plain(x).columns)
