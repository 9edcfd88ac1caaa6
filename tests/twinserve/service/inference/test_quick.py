"""How long a body may be that is answered inline."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from twinserve.compile import Column, compile_pipeline
from twinserve.predict.compiled import CompiledPredictor
from twinserve.predict.fallback import SklearnPredictor
from twinserve.service.inference.quick import BODY, MICROSECONDS, OF_LARGE, quick_body
from twinserve.signature import Feature, FeatureType, Seen, Signature

X = np.arange(40.0).reshape(20, 2)
MODEL = LogisticRegression().fit(X, X[:, 0] > 20)
SIGNATURE = Signature(
    features=tuple(Feature(path=(n,), type=FeatureType.NUMBER, seen=Seen(minimum=0.0, maximum=40.0)) for n in "ab")
)


@pytest.fixture
def compiled() -> CompiledPredictor:
    return CompiledPredictor(compile_pipeline(MODEL, [Column(name, "number") for name in "ab"]))


def test_a_compiled_model_answers_what_it_reads_quickly(compiled: CompiledPredictor) -> None:
    assert quick_body(compiled) == BODY


def test_a_large_one_takes_longer_for_a_row(compiled: CompiledPredictor) -> None:
    compiled.is_large = True
    assert quick_body(compiled) == OF_LARGE


def test_texts_count_by_what_their_words_take(compiled: CompiledPredictor) -> None:
    compiled.microseconds = 0.5
    assert quick_body(compiled) == 2 * MICROSECONDS
    compiled.microseconds = 0.001
    assert quick_body(compiled) == BODY


def test_scikit_learn_is_never_asked_inline() -> None:
    assert quick_body(SklearnPredictor(MODEL, SIGNATURE, ("False", "True"))) == 0
