"""Predictions in the native JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinserve.predict.predictor import BadPrediction, Predictions
from twinserve.predict.rendering import Renderer
from twinserve.predict.targets.made import one_target
from twinserve.signature import Finding

probabilities = st.floats(0, 1)
names = st.lists(st.text(min_size=1, max_size=8), min_size=2, max_size=4, unique=True)


@given(data=st.data(), classes=names, rows=st.integers(1, 4))
def test_whatever_the_classes_are_called_the_reply_reads_back(
    data: st.DataObject, classes: list[str], rows: int
) -> None:
    """Any class names (quotes, percent signs, braces) and all doubles read back unchanged."""
    table = data.draw(
        st.lists(st.lists(probabilities, min_size=len(classes), max_size=len(classes)), min_size=rows, max_size=rows)
    )
    labels = data.draw(st.lists(st.integers(0, len(classes) - 1), min_size=rows, max_size=rows))
    predictions = Predictions(np.array(labels, dtype=np.int64), np.array(table, dtype=np.float64))
    reply = json.loads(Renderer("m", "1", one_target(classes)).many(predictions, {}, rows))
    assert reply["predictions"] == [
        {"label": classes[label], "probabilities": dict(zip(classes, row, strict=True)), "warnings": []}
        for label, row in zip(labels, table, strict=True)
    ]


def test_a_warning_stands_with_its_own_row() -> None:
    """Warnings of a batch begin with the row's index; a row without warnings has an empty list."""
    predictions = Predictions(values=np.array([1.0, 2.0]))
    warnings = {1: [Finding(("a", "b/c"), "out-of-range", "Odd.")]}
    reply = json.loads(Renderer("m", "1", one_target(None)).many(predictions, warnings, 2))
    assert [prediction["warnings"] for prediction in reply["predictions"]] == [
        [],
        [{"pointer": "/1/a/b~1c", "code": "out-of-range", "detail": "Odd."}],
    ]


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_the_wrong_number_of_rows_is_no_prediction(rows: int) -> None:
    """Fewer or more rows raise `BadPrediction`."""
    with pytest.raises(BadPrediction):
        Renderer("m", "1", one_target(None)).many(Predictions(values=np.zeros(rows)), {}, 2)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_what_json_cannot_hold_is_no_prediction(number: float) -> None:
    """NaN and infinity raise `BadPrediction`, in values and probabilities."""
    with pytest.raises(BadPrediction):
        Renderer("m", "1", one_target(None)).one(Predictions(values=np.array([number])), {})
    with pytest.raises(BadPrediction):
        Renderer("m", "1", one_target(["a", "b"])).one(Predictions(np.array([0]), np.array([[number, 0.5]])), {})


def test_nothing_is_no_prediction() -> None:
    """Predictions without labels and values raise `BadPrediction`."""
    with pytest.raises(BadPrediction):
        Renderer("m", "1", one_target(["a"])).one(Predictions(), {})
