"""Pipelines that raise on a valid, unseen value are refused in training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from tests.twinserve.signature.made import feature, signature
from twinserve.errors import CannotTrain
from twinserve.proof.known_categories import known_categories
from twinserve.signature import Signature
from twinserve.signature.frames import from_frame, to_frame
from twinserve.signature.sources.training_profile import observe
from twinserve.training.unseen_values import raising_encoder, require_tolerance

Y_TRUE = np.arange(6) % 2


def outcome(contract: Signature, values: list[Any], encoder: Any) -> str:
    """The sentence of the refusal of a pipeline with this encoder; empty if it is accepted."""
    observed = observe(contract, pd.DataFrame({"x": values}))
    real = from_frame(pd.DataFrame({"x": values}), observed)
    pipeline = make_pipeline(encoder, LogisticRegression())
    raising = raising_encoder(pipeline)
    if raising is None:
        return ""
    try:
        require_tolerance(pipeline.fit(to_frame(real, observed), Y_TRUE), raising, real, observed)
    except CannotTrain as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("contract", "values"),
    [
        (feature("x", "category"), ["a", "b"] * 3),
        (feature("x", "category", enumeration=("a", "b", "c")), ["a", "b"] * 3),
        (feature("x", "category", enumeration=("a", "b"), nullable=True), ["a", "b"] * 3),
        (feature("x", "integer"), [1, 2] * 3),
        (feature("x", "integer", minimum=1, maximum=3), [1, 2] * 3),
        (feature("x", "number"), [1.5, 2.5] * 3),
    ],
)
@pytest.mark.parametrize("encoder", [OneHotEncoder(), OrdinalEncoder()])
def test_an_encoder_that_raises_on_what_a_caller_may_send_is_refused(contract: Any, values: Any, encoder: Any) -> None:
    sentence = outcome(signature(contract), values, encoder)
    assert sentence.startswith(f"The {type(encoder).__name__} raises on an unseen value of 'x'; ")
    assert "set handle_unknown" in sentence


@pytest.mark.parametrize(
    ("contract", "values"),
    [
        (feature("x", "category", enumeration=("a", "b")), ["a", "b"] * 3),
        (feature("x", "integer", enumeration=(1, 2)), [1, 2] * 3),
        (feature("x", "integer", minimum=1, maximum=2), [1, 2] * 3),
        (feature("x", "boolean"), [True, False] * 3),
    ],
)
def test_an_encoder_that_knows_all_that_was_declared_may_raise(contract: Any, values: Any) -> None:
    assert outcome(signature(contract), values, OneHotEncoder()) == ""


@pytest.mark.parametrize(
    "encoder",
    [
        OneHotEncoder(handle_unknown="ignore"),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
        TargetEncoder(cv=2),
    ],
)
def test_an_encoder_that_takes_what_it_does_not_know_passes(encoder: Any) -> None:
    assert outcome(signature(feature("x", "category")), ["a", "b"] * 3, encoder) == ""


def test_a_pipelines_own_words_are_found_at_any_depth() -> None:
    imputer = SimpleImputer(missing_values="?", strategy="constant", fill_value="none")
    encoder = OneHotEncoder(categories=[["a", "b", "none"]])
    pipeline = make_pipeline(make_pipeline(imputer, encoder), LogisticRegression())
    pipeline.fit(pd.DataFrame({"x": ["a", "?"] * 3}, dtype=object), Y_TRUE)
    assert set(known_categories(pipeline)) == {"?", "none", "a", "b"}


def test_an_estimator_of_one_s_own_is_not_asked_for_words() -> None:
    """The attributes of a custom estimator are not inspected."""

    class Odd(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types.
        categories_ = statistics_ = None

        def fit(self, *_: object) -> Odd:
            self.categories_ = None
            return self

    assert known_categories(Pipeline([("odd", Odd().fit())])) == []
