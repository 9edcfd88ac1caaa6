"""Kernel ridge and Gaussian processes answer as scikit-learn does, near and far."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process import kernels as gp
from sklearn.kernel_ridge import KernelRidge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.twinserve.compile.comparing import Floats, assert_same, compiled_answer, plain, random_numbers, some
from twinserve.compile import compile_pipeline
from twinserve.errors import CannotCompile

shapes = st.tuples(st.integers(0, 10**6), st.integers(30, 80), st.integers(1, 6))
FIXED: Any = {"optimizer": None}
NOISE = gp.WhiteKernel(0.5)
RIDGES = [
    KernelRidge(), KernelRidge(kernel="rbf"), KernelRidge(kernel="rbf", gamma=0.7),
    KernelRidge(kernel="sigmoid", alpha=100.0), KernelRidge(kernel="polynomial", degree=2),
    KernelRidge(kernel="poly", coef0=0.5),
]  # fmt: skip
PROCESSES = [
    gp.RBF() + NOISE, 2.0 * gp.RBF(3.0) + NOISE, gp.Matern(nu=1.5) + NOISE, gp.Matern(nu=2.5) * 3.0 + NOISE,
    gp.Matern(nu=np.inf) + NOISE, gp.RationalQuadratic(alpha=0.3) + NOISE, gp.DotProduct() + gp.RBF() + NOISE,
    gp.ConstantKernel(2.0) + gp.RBF() * gp.RBF(2.0) + NOISE,
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
    assert_same(pipeline, plain(near_and_far(x)), tolerance=1e-10)


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
        (KernelRidge(kernel="laplacian"), "kernel='laplacian' is not lowered"),
        (KernelRidge(kernel="poly", degree=1.5), "kernel='poly' is not lowered"),
        (KernelRidge(kernel=lambda a, b: float(a @ b)), "a kernel that is a function is not lowered"),
        (GaussianProcessRegressor(gp.Matern(nu=0.5), **FIXED), "its kernel Matern with nu=0.5 is not lowered"),
        (
            GaussianProcessRegressor(gp.ExpSineSquared() + gp.WhiteKernel(9.0), **FIXED),
            "its kernel ExpSineSquared is not lowered",
        ),
        (GaussianProcessRegressor(gp.RBF(1e-5), **FIXED), "its rows lie so far apart for its kernel that their dist"),
    ],
)
def test_what_is_not_lowered_is_refused_by_name(model: Any, reason: str) -> None:
    x = np.abs(random_numbers(0, 30, 2))
    with pytest.raises(CannotCompile, match=reason):
        compile_pipeline(model.fit(x, x[:, 0]), plain(x).columns)
