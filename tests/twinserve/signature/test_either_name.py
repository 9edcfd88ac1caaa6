"""The schema of flat names and of columns that training left out."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.twinserve.signature.made import feature
from twinserve.signature import Signature, json_schema

CONTRACT = Signature(
    features=(feature("a"), feature("g h.x"), feature("g h.y", nullable=True, required=False), feature("v.0")),
    left_out={"id": "it is an identifier"},
)
VALID = {"a": 1, "g h": {"x": 1}, "v": [1]}


@pytest.mark.parametrize(
    ("instance", "is_valid"),
    [
        (VALID, True),
        ({"a": 1, "g h.x": 1, "v.0": 1, "id": [{}]}, True),
        ({**VALID, "g h.y": None}, True),
        ({**VALID, "g h": {}, "g h.x": 1}, True),
        ({**VALID, "g h.x": 1}, False),
        ({**VALID, "g h": {"x": 1, "y": 1}, "g h.y": 1}, False),
        ({**VALID, "v.0": 1}, False),
        ({"a": 1, "g h.y": 1, "v": [1]}, False),
        ({"a": 1, "g h.x": "x", "v": [1]}, False),
        ({"g h.x": 1, "v": [1]}, False),
        ({"a": 1, "v": [1]}, False),
        ({"a": 1, "g h": {}, "v": [1]}, False),
        ({**VALID, "x": 1}, False),
    ],
)
def test_each_field_is_there_once(instance: Any, is_valid: bool) -> None:
    assert Draft202012Validator(json_schema(CONTRACT)).is_valid(instance) == is_valid


def test_a_signature_without_groups_has_no_condition() -> None:
    assert set(json_schema(Signature(features=(feature("a"),)))) == {
        *("$schema", "title", "type", "properties", "required", "additionalProperties")
    }
