"""Kernel ridge and Gaussian processes answer as scikit-learn does, near and far."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import erf
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process import kernels as gp
from sklearn.kernel_ridge import KernelRidge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.twinserve.compile.comparing import (
    Floats,
    assert_same,
    compiled_answer,
    evaluated,
    plain,
    random_labels,
    random_numbers,
    some,
)
from twinserve.compile import Column, compile_pipeline
from twinserve.compile.arithmetic import kernels
from twinserve.compile.arithmetic.error_function import error_function
from twinserve.compile.graph import Graph
from twinserve.errors import CannotCompile

shapes = st.tuples(st.integers(0, 10**6), st.integers(30, 80), st.integers(1, 6))
FIXED: Any = {"optimizer": None}
NOISE = gp.WhiteKernel(0.5)
RIDGES = [
    KernelRidge(), KernelRidge(kernel="rbf"), KernelRidge(kernel="rbf", gamma=0.7),
    KernelRidge(kernel="sigmoid", alpha=100.0), KernelRidge(kernel="polynomial", degree=2),
    KernelRidge(kernel="poly", coef0=0.5), KernelRidge(kernel="laplacian"),
]  # fmt: skip
PROCESSES = [
    gp.RBF() + NOISE, 2.0 * gp.RBF(3.0) + NOISE, gp.Matern(nu=1.5) + NOISE, gp.Matern(nu=2.5) * 3.0 + NOISE,
    gp.Matern(nu=np.inf) + NOISE, gp.RationalQuadratic(alpha=0.3) + NOISE, gp.DotProduct() + gp.RBF() + NOISE,
    gp.ConstantKernel(2.0) + gp.RBF() * gp.RBF(2.0) + NOISE, gp.Matern(nu=0.5) + NOISE, gp.RBF(1e-5) + NOISE,
]  # fmt: skip


def near_and_far(x: Floats) -> Floats:
    """The rows, and some that are far from all."""
    return np.concatenate([x, *(x[:3] * size for size in (10.0, 1e6, -1e6)), np.zeros((1, x.shape[1]))])


@pytest.mark.parametrize("model", RIDGES, ids=str)
@some
@given(shapes)
def test_kernel_ridge_gives_the_same_value(model: Any, shape: tuple[int, int, int]) -> None:
    x = random_numbers(*shape)
    pipeline = make_pipeline(StandardScaler(), model).fit(x, np.sin(np.arange(len(x))))
    rows = near_and_far(x)
    assert_same(pipeline, plain(rows), terms=summed_terms(pipeline[-1], pipeline[0].transform(rows)))


def summed_terms(ridge: KernelRidge, rows: Floats) -> Floats:
    """Of each row the sum of the absolute values of what the products and the sum of similarities add up."""
    table, gamma = ridge.X_fit_, 1.0 / rows.shape[1] if ridge.gamma is None else ridge.gamma
    dots = np.abs(rows) @ np.abs(table).T
    if ridge.kernel in ("rbf", "laplacian"):
        apart = rows[:, None] - table
        distances = np.square(apart).sum(axis=2) if ridge.kernel == "rbf" else np.abs(apart).sum(axis=2)
        lost = gamma * (np.square(rows).sum(axis=1)[:, None] + np.square(table).sum(axis=1))
        similar = np.exp(-gamma * distances) * (1.0 + (lost if ridge.kernel == "rbf" else gamma * distances))
    elif ridge.kernel == "linear":
        similar = dots
    else:
        scaled = gamma * dots + abs(ridge.coef0)
        similar = scaled if ridge.kernel == "sigmoid" else scaled**ridge.degree
    terms: Floats = similar @ np.abs(ridge.dual_coef_).ravel()
    return terms


def test_a_sum_that_cancels_is_exact_up_to_its_terms_in_both() -> None:
    """Terms of 1e18 whose sum is ten million times smaller: the two differ by 2e-9 of it, and by 2e-16 of its terms."""
    x = random_numbers(50, 60, 2)
    pipeline = make_pipeline(StandardScaler(), KernelRidge(kernel="poly")).fit(x, np.sin(np.arange(len(x))))
    rows = np.concatenate([x * 1e6, x * -1e6])
    terms = summed_terms(pipeline[-1], pipeline[0].transform(rows))
    assert (terms > 1e7 * np.abs(pipeline.predict(rows))).any()
    assert_same(pipeline, plain(rows), terms=terms)


@pytest.mark.parametrize("kernel", PROCESSES, ids=str)
@some
@given(shapes, st.booleans())
def test_a_gaussian_process_gives_the_same_mean(kernel: Any, shape: tuple[int, int, int], normal: bool) -> None:
    x = random_numbers(*shape)
    model = GaussianProcessRegressor(kernel, normalize_y=normal, **FIXED)
    pipeline = make_pipeline(StandardScaler(), model).fit(x, 5.0 + np.sin(np.arange(len(x))))
    assert_same(pipeline, plain(near_and_far(x)), tolerance=1e-10)


def test_a_length_scale_for_each_column_that_was_fitted() -> None:
    x = StandardScaler().fit_transform(random_numbers(0, 60, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = GaussianProcessRegressor(gp.RBF(np.ones(3)) + gp.WhiteKernel(), alpha=0.1).fit(
            x, x[:, 0] + x[:, 1] ** 2
        )
    assert_same(model, plain(near_and_far(x)), tolerance=1e-10)


@pytest.mark.parametrize(
    "model",
    [
        KernelRidge(kernel="rbf"),
        *(GaussianProcessRegressor(k + NOISE, **FIXED) for k in (gp.RBF(), gp.Matern(nu=2.5), gp.RationalQuadratic())),
    ],
    ids=str,
)
def test_where_scikit_learn_overflows_there_is_no_answer_and_else_there_is(model: Any) -> None:
    x = StandardScaler().fit_transform(random_numbers(0, 60, 2))
    model.fit(x, x[:, 0])
    far = np.array([[size, 0.5] for one in (1e40, 1e150, 1e160, 1e300, 1.7e308) for size in (one, -one)])
    with np.errstate(all="ignore"):
        expected = model.predict(far)
    np.testing.assert_allclose(compiled_answer(model, plain(far))["value"], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (KernelRidge(kernel="cosine"), "kernel='cosine' is not lowered"),
        (KernelRidge(kernel="poly", degree=1.5), "kernel='poly' is not lowered"),
        (KernelRidge(kernel=lambda a, b: float(a @ b)), "a kernel that is a function is not lowered"),
        (GaussianProcessRegressor(gp.Matern(nu=0.7), **FIXED), "its kernel Matern with nu=0.7 is not lowered"),
        (
            GaussianProcessRegressor(gp.ExpSineSquared() + gp.WhiteKernel(9.0), **FIXED),
            "its kernel ExpSineSquared is not lowered",
        ),
    ],
)
def test_what_is_not_lowered_is_refused_by_name(model: Any, reason: str) -> None:
    x = np.abs(random_numbers(0, 30, 2))
    with pytest.raises(CannotCompile, match=reason):
        compile_pipeline(model.fit(x, x[:, 0]), plain(x).columns)


def test_a_table_of_too_many_numbers_is_refused_where_differences_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "MOST_DIFFERENCES", 50)
    x = random_numbers(0, 30, 2)
    with pytest.raises(CannotCompile, match="30 rows of 2 numbers, and a graph holds 50 of them"):
        compile_pipeline(KernelRidge(kernel="laplacian").fit(x, x[:, 0]), plain(x).columns)


CLASSIFIED = [
    1.0 * gp.RBF(), 4.0 * gp.Matern(nu=0.5), gp.RBF() + gp.DotProduct() + NOISE, gp.ConstantKernel(2.0) * gp.RBF(3.0),
]  # fmt: skip


@pytest.mark.parametrize("kernel", CLASSIFIED, ids=str)
@some
@given(shapes, st.integers(2, 3))
def test_a_gaussian_process_gives_the_same_class_and_probabilities(
    kernel: Any, shape: tuple[int, int, int], classes: int
) -> None:
    x = StandardScaler().fit_transform(random_numbers(*shape))
    model = GaussianProcessClassifier(kernel, **FIXED).fit(x, random_labels(shape[0], x, classes))
    assert_same(model, plain(np.concatenate([x, x * 10.0, x[:5] * 1e5])), tolerance=1e-9)


def test_a_classifier_without_probabilities_is_refused() -> None:
    x = random_numbers(0, 30, 2)
    model = GaussianProcessClassifier(multi_class="one_vs_one", **FIXED).fit(x, random_labels(0, x, 3))
    with pytest.raises(CannotCompile, match="multi_class='one_vs_one' has no probabilities"):
        compile_pipeline(model, plain(x).columns)


def test_the_error_function_is_scipys() -> None:
    graph = Graph({}, [Column("x", "number")])
    x = np.concatenate([np.linspace(-8.0, 8.0, 5001), [np.inf, -np.inf, np.nan, 1.0, -1.0, 1e-310]])[:, None]
    values = evaluated(graph, error_function(graph, "x", 1), x)
    np.testing.assert_allclose(values, erf(x[:, 0]), rtol=1e-15, atol=0.0)
