"""Bodies that are meant for another service."""

from __future__ import annotations

from typing import Any

import pytest

from twinserve.signature.request.envelope import encoded_twice, envelope

TENSOR = {"name": "x", "shape": [1], "datatype": "FP64", "data": [1]}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"dataframe_split": 1}, "MLflow"),
        ({"instances": [], "signature_name": "x"}, "KServe V1"),
        ({"inputs": [TENSOR], "id": "1", "outputs": []}, "Open Inference"),
        ({"inputs": []}, "TensorFlow"),
        ({"inputs": [TENSOR, 1]}, "TensorFlow"),
    ],
)
def test_an_envelope_is_told_by_its_members(body: Any, word: str) -> None:
    found = envelope(body, frozenset(("age",)))
    assert found is not None
    assert word in found.detail


@pytest.mark.parametrize(
    "body",
    [{}, [], "instances", {"age": 1, "instances": []}, {"instances": [], "inputs": []}, {"instances": [], "x": 1}],
)
def test_anything_else_is_none(body: Any) -> None:
    assert envelope(body, frozenset(("age",))) is None


def test_a_name_of_the_input_makes_no_envelope() -> None:
    assert envelope({"instances": []}, frozenset(("instances",))) is None


def test_a_string_with_json_in_it_was_encoded_twice() -> None:
    assert encoded_twice(' {"a": 1}', (0,)) is not None
    assert encoded_twice("[]", ()) is not None
    others: list[object] = ["", "{", "a", "5", 5, {}]
    assert [encoded_twice(row, ()) for row in others] == [None] * 6
