"""A large batch runs in parts, and a large graph is known as one."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from twinserve.compile import Column, compile_pipeline
from twinserve.predict import compiled, runtime
from twinserve.predict.compiled import CompiledPredictor
from twinserve.signature import Columns


def graph() -> bytes:
    """A support vector machine."""
    x = StandardScaler().fit_transform(np.random.default_rng(0).normal(size=(80, 3)))
    return compile_pipeline(SVR().fit(x, x[:, 0]), [Column(f"x{i}", "number") for i in range(3)])


def test_a_batch_runs_in_parts_that_have_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Columns(np.random.default_rng(1).normal(size=(101, 3)))
    whole = CompiledPredictor(graph()).predict(rows)
    monkeypatch.setattr(compiled, "PART", 3_000)
    in_parts = CompiledPredictor(graph())
    assert whole.values is not None
    assert 1 <= in_parts._rows < 30
    assert whole.values.tobytes() == np.asarray(in_parts.predict(rows).values).tobytes()


def test_a_row_that_makes_more_numbers_than_a_part_runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "PART", 1)
    rows = Columns(np.random.default_rng(1).normal(size=(3, 3)))
    values = CompiledPredictor(graph()).predict(rows).values
    assert values is not None
    assert len(values) == 3


def test_memory_is_given_back_after_a_large_graph_was_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[None] = []
    monkeypatch.setattr(runtime, "_give_memory_back", lambda: given.append(None))
    runtime.session(graph())
    assert given == []
    monkeypatch.setattr(runtime, "LARGE", 1_000)
    runtime.session(graph())
    assert given == [None]
    assert not CompiledPredictor(graph()).is_large
    monkeypatch.setattr(compiled, "LARGE", 1_000)
    assert CompiledPredictor(graph()).is_large


def test_memory_is_given_back_where_the_c_library_can() -> None:
    runtime._give_memory_back()
