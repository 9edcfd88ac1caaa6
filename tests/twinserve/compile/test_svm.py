"""Support vector machines answer as libsvm does: votes, ties, decisions, coupled probabilities, rows far away."""

from __future__ import annotations

import warnings
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR, NuSVC, NuSVR

from tests.twinserve.compile.comparing import (
    Floats,
    assert_same,
    fitted,
    plain,
    random_labels,
    random_numbers,
    some,
)
from twinserve.compile import compile_pipeline
from twinserve.compile.arithmetic import kernels, pairwise_coupling
from twinserve.errors import CannotCompile

shapes = st.tuples(st.integers(0, 10**6), st.integers(30, 80), st.integers(1, 7))
KERNELS = ["rbf", "linear", "poly", "sigmoid"]


def probes(x: Floats) -> Floats:
    """The rows, and rows so far away that every similarity is 0 or a product overflows."""
    far = [x[:5] * size for size in (10.0, 1e6, -1e6, 1e300, -1e300)]
    return np.concatenate([x, *far, np.zeros((1, x.shape[1]))])


@pytest.mark.parametrize("kernel", KERNELS)
@some
@given(shapes, st.integers(2, 5), st.booleans())
def test_a_classifier_has_the_same_label_near_and_far(
    kernel: str, shape: tuple[int, int, int], classes: int, ties: bool
) -> None:
    x = random_numbers(*shape)
    model = make_pipeline(StandardScaler(), SVC(kernel=kernel, break_ties=ties and classes > 2))
    assert_same(fitted(model, x, random_labels(shape[0], x, classes)), plain(probes(x)))


@pytest.mark.parametrize("kernel", KERNELS)
@some
@given(shapes)
def test_a_regressor_has_the_same_value(kernel: str, shape: tuple[int, int, int]) -> None:
    x = random_numbers(*shape)
    for model in (SVR(kernel=kernel), NuSVR(kernel=kernel)):
        pipeline = make_pipeline(StandardScaler(), model)
        near = np.concatenate([x, x[:5] * 10.0, np.zeros((1, x.shape[1]))])
        assert_same(fitted(pipeline, x, np.sin(np.arange(len(x)))), plain(near), tolerance=1e-11)


@pytest.mark.parametrize("degree", [0, 1, 2, 5])
def test_every_degree_is_the_power_that_libsvm_takes(degree: int) -> None:
    x = random_numbers(3, 60, 3)
    model = make_pipeline(StandardScaler(), SVC(kernel="poly", degree=degree, coef0=1.0))
    assert_same(fitted(model, x, random_labels(3, x, 3)), plain(probes(x)))


@pytest.mark.parametrize("model", [SVC(), NuSVC(nu=0.2), SVC(C=1e3)], ids=str)
@pytest.mark.parametrize("classes", [2, 3])
def test_whole_numbers_that_are_as_near_to_either_class_get_the_same_label(model: Any, classes: int) -> None:
    """Symmetrical classes on a lattice: many decisions are 0, or two votes are equal."""
    x = np.array(list(product(range(-2, 3), repeat=2)), dtype=np.float64)
    y = (x[:, 0] * x[:, 1] > 0).astype(int) + (classes - 2) * (x[:, 0] * x[:, 1] < 0) * 2
    assert_same(fitted(model, x, y), plain(np.array(list(product(np.arange(-6, 7) / 2, repeat=2)))))


def test_the_corners_of_a_square_leave_its_middle_to_the_second_class() -> None:
    """The decision there is 0, and libsvm counts a vote for the first class only above it."""
    x = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    model = SVC().fit(x, [0, 0, 1, 1])
    middle = np.array([[0.5, 0.5], [0.5, 0.0], [0.0, 0.5], [0.5, 7.0]])
    assert model.decision_function(middle[:1]).tolist() == [0.0]
    assert_same(model, plain(middle))


@pytest.mark.parametrize("classes", [2, 3])
@some
@given(seed=st.integers(0, 10**6), size=st.integers(60, 90))
def test_probabilities_stop_where_libsvm_stops(classes: int, seed: int, size: int) -> None:
    x = random_numbers(seed, size, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        model = make_pipeline(StandardScaler(), SVC(probability=True, random_state=0))
        fitted(model, x, random_labels(seed, x, classes))
    assert_same(model, plain(probes(x)), tolerance=1e-10)


def iterations(likely: Floats) -> int:
    """The most rounds that the coupling of two classes takes, written as libsvm writes it."""
    first, second = (1.0 - likely) ** 2, likely**2
    crossed, shares = -likely * (1.0 - likely), np.full((2, len(likely)), 0.5)
    for rounds in range(100):
        slopes = np.stack([first * shares[0] + crossed * shares[1], crossed * shares[0] + second * shares[1]])
        value = (slopes * shares).sum(axis=0)
        if (np.abs(slopes - value).max(axis=0) < pairwise_coupling.STOP / 2).all():
            return rounds
        for t, row in enumerate(([first, crossed], [crossed, second])):
            step = (value - slopes[t]) / row[t]
            value = (value + step * (step * row[t] + 2 * slopes[t])) / (1 + step) / (1 + step)
            slopes = (slopes + step * np.array(row)) / (1 + step)
            shares[t] += step
            shares /= 1 + step
    return 100


def test_two_classes_are_coupled_in_as_many_rounds_as_the_graph_takes() -> None:
    tiny = np.geomspace(pairwise_coupling.LEAST, 0.1, 20_000)
    likely = np.concatenate(
        [np.linspace(pairwise_coupling.LEAST, 1 - pairwise_coupling.LEAST, 100_001), tiny, 1 - tiny]
    )
    assert iterations(likely) == pairwise_coupling.ROUNDS[2]


@pytest.mark.parametrize("shape", ["ovr", "ovo"])
@pytest.mark.parametrize("classes", [2, 3])
def test_calibration_asks_for_its_decisions(shape: str, classes: int) -> None:
    x = random_numbers(5, 90, 3)
    model = CalibratedClassifierCV(SVC(decision_function_shape=shape), cv=3)
    pipeline = fitted(make_pipeline(StandardScaler(), model), x, random_labels(5, x, classes))
    if shape == "ovo" and classes == 3:
        with pytest.raises(CannotCompile):
            compile_pipeline(pipeline, plain(x).columns)
    else:
        assert_same(pipeline, plain(x))


def refused(model: Any, x: Any, y: Any, reason: str) -> None:
    """Assert that the model is refused with this reason."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        model.fit(x, y)
    with pytest.raises(CannotCompile, match=reason):
        compile_pipeline(model, plain(np.zeros((1, x.shape[1]))).columns)


def test_what_is_not_lowered_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    x = random_numbers(0, 80, 3)
    y = random_labels(0, x, 4)
    refused(SVC(kernel=lambda a, b: a @ b.T), x, y, "is not lowered$")
    refused(SVC(), sparse.csr_matrix(x), y, "it was fitted on a sparse matrix, which is not lowered$")
    refused(SVC(probability=True), x, y, "the iteration of its probability=True for 4 classes is longer than a graph")
    refused(SVC(C=1e12, gamma=1e-9), x, y, "its coefficients are so large that the last digits of similarities decide$")
    monkeypatch.setattr(kernels, "MOST_NUMBERS", 50)
    refused(SVC(), x, y, r"a row is compared with \d+ rows of 3 numbers, and a graph holds 50 of them$")


def test_vectors_that_lie_far_apart_are_compared_by_their_differences() -> None:
    x = random_numbers(0, 80, 3)
    for gamma in (1e6, 1e9):
        model = SVC(gamma=gamma).fit(x, random_labels(0, x, 3))
        assert_same(model, plain(np.concatenate([x, x * (1.0 + 1e-7), x + 1e-5, x * 1e200])))
