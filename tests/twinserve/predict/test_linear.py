"""A linear model: numbers that survive writing, answers that do not depend on the batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinserve.arrays import FloatArray
from twinserve.predict.linear import LinearModel, Outputs, read_linear

finite = st.floats(allow_nan=False, allow_infinity=False, width=64)


def linear_model(width: int, link: str = "logistic", *, centered: bool = True, skip: int = 0) -> LinearModel:
    rng = np.random.default_rng(width)
    center = rng.normal(size=width) if centered else np.zeros(width)
    picks = tuple(i + skip for i in range(width))
    return LinearModel(picks, center, rng.normal(size=width), 0.1, link)  # type: ignore[arg-type] # one of the links


def answering(wanted: LinearModel) -> Callable[[FloatArray], Outputs]:
    """The model read back from its metadata, for rows that it can answer."""
    linear = read_linear(wanted.metadata())
    assert linear is not None

    def answer(x: FloatArray) -> Outputs:
        outputs = linear(x)
        assert outputs is not None
        return outputs

    return answer


def test_no_metadata_is_no_linear_model() -> None:
    assert read_linear({"other": "{}"}) is None


@settings(max_examples=50, deadline=None)
@given(st.lists(finite, min_size=1, max_size=5), finite)
def test_every_double_survives_the_metadata(weights: Any, intercept: float) -> None:
    """At the unit vectors the score is the weight itself, so nothing hides."""
    width = len(weights)
    score = answering(LinearModel(tuple(range(width)), np.zeros(width), np.array(weights), 0.0, "value"))
    assert score(np.eye(width))["value"].tolist() == [w + 0.0 for w in weights]
    alone = answering(LinearModel((0,), np.zeros(1), np.zeros(1), intercept, "value"))
    assert alone(np.zeros((1, 1)))["value"].tolist() == [intercept + 0.0]


@pytest.mark.parametrize("width", [1, 2, 3, 7, 8, 30, 33, 257, 1000])
@pytest.mark.parametrize("link", ["value", "label", "logistic"])
def test_a_row_has_the_same_bits_in_every_batch(width: int, link: str) -> None:
    answer = answering(linear_model(width, link, skip=1))
    x = np.random.default_rng(0).normal(size=(1001, width + 2))
    whole = answer(x)
    for rows in (slice(0, 1), slice(1, 2), slice(500, 501), slice(3, 10), slice(1000, 1001)):
        for name, values in answer(x[rows]).items():
            assert values.tobytes() == whole[name][rows].tobytes()


@pytest.mark.parametrize("centered", [True, False])
@pytest.mark.parametrize("skip", [0, 1])
def test_the_score_is_the_centered_dot_product_of_the_picked_columns(centered: bool, skip: int) -> None:
    wanted = linear_model(5, "value", centered=centered, skip=skip)
    answer = answering(wanted)
    x = np.random.default_rng(1).normal(size=(20, 5 + 2 * skip))
    part = x[:, list(wanted.picks)]
    np.testing.assert_allclose(answer(x)["value"], (part - wanted.center) @ wanted.weights + 0.1, rtol=1e-13)


def test_extreme_scores_are_certain_and_nothing_overflows() -> None:
    answer = answering(LinearModel((0,), np.zeros(1), np.ones(1), 0.0, "logistic"))
    outputs = answer(np.array([[1e300], [-1e300], [0.0], [40.0], [-40.0]]))
    assert outputs["label"].tolist() == [1, 0, 0, 1, 0]
    assert outputs["probabilities"][:3].tolist() == [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]]
    assert 0.0 < outputs["probabilities"][4, 1] < 1e-17


@pytest.mark.parametrize("link", ["value", "label", "logistic"])
def test_no_rows_are_answered_with_none(link: str) -> None:
    answer = answering(linear_model(3, link))
    for name, values in answer(np.zeros((0, 3))).items():
        assert values.shape == ((0, 2) if name == "probabilities" else (0,))
