"""A single row has the outputs that it has in a batch, in any thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import RidgeClassifier

from tests.twinserve.compile.comparing import random_labels, random_numbers
from twinserve.compile import Column, compile_pipeline
from twinserve.predict.io_binding import OneRow
from twinserve.predict.runtime import session

X = random_numbers(0, 200, 3)


def graph(model: object) -> bytes:
    """The model, fitted to three classes (or their numbers) and compiled."""
    fitted = model.fit(X, random_labels(0, X, 3))  # type: ignore[attr-defined] # Any estimator has it.
    return compile_pipeline(fitted, [Column(f"x{i}", "number") for i in range(3)])


@pytest.mark.parametrize(
    "model", [RandomForestClassifier(9, random_state=0), RandomForestRegressor(9, random_state=0), RidgeClassifier()]
)
def test_a_row_has_the_same_bits_as_among_others(model: object) -> None:
    running = session(graph(model))
    one, together = OneRow(running), running.run(None, {"x": X})
    answers = [one(X[i : i + 1]) for i in range(len(X))]  # All kept: a later row may not write over an earlier one.
    for output, whole in zip(running.get_outputs(), together, strict=True):
        assert np.concatenate([answer[output.name] for answer in answers]).tobytes() == whole.tobytes()


def test_threads_do_not_share_a_row() -> None:
    running = session(graph(RandomForestRegressor(200, random_state=0)))
    one, (expected,) = OneRow(running), running.run(None, {"x": X})
    rows = np.random.default_rng(0).integers(0, len(X), 4_000).tolist()
    with ThreadPoolExecutor(4) as threads:
        values = list(threads.map(lambda i: float(one(X[i : i + 1])["value"][0]), rows))
    assert values == expected[rows].tolist()
