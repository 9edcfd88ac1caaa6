"""A made-up instance is always a valid one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from twinserve.signature import Signature
from twinserve.signature.request.validator import Validator
from twinserve.signature.sample_row import sample_row


def sampled(**feature: Any) -> Any:
    """The value of the only field; the instance is valid where what training never saw is refused."""
    signature = Signature.model_validate({"features": [{"path": ["x"], **feature}]})
    row = sample_row(signature)
    if row is None:
        return "none"
    Validator(signature, out_of_range="reject").validate(json.dumps(row).encode())
    return row["x"]


def quantiles(low: float, median: float, high: float) -> dict[str, Any]:
    """What training saw of a number."""
    return {"minimum": low, "maximum": high, "quantiles": [low] * 5 + [median] + [high] * 5}


@pytest.mark.parametrize(
    ("feature", "value"),
    [
        ({"type": "number", "seen": quantiles(0, 3.14159265, 9)}, 3.142),
        ({"type": "number", "seen": quantiles(3.14159, 3.14159, 3.14159)}, 3.14159),
        ({"type": "integer", "seen": quantiles(1, 2.5, 4)}, 2),
        ({"type": "integer", "seen": quantiles(5, 14, 40), "constraints": {"multiple_of": 5}}, 15),
        ({"type": "number", "constraints": {"exclusive_minimum": 0}}, 1.0),
        ({"type": "number", "constraints": {"minimum": 10, "maximum": 20}}, 10.0),
        ({"type": "number", "constraints": {"exclusive_minimum": 0, "exclusive_maximum": 1}}, 0.5),
        ({"type": "number", "example": 7}, 7),
        ({"type": "boolean"}, False),
        ({"type": "category", "seen": {"categories": ["a", "b"], "most_frequent": "b"}}, "b"),
        ({"type": "category", "seen": {"categories": ["a", "b"]}}, "a"),
        ({"type": "category", "constraints": {"enumeration": ["u", "v"]}}, "u"),
        ({"type": "date", "seen": quantiles(0, 1.5, 9)}, "1970-01-02"),
        ({"type": "datetime", "seen": quantiles(0, 1.5, 9)}, "1970-01-01T00:00:01+00:00"),
        ({"type": "string"}, "text"),
        ({"type": "string", "constraints": {"min_length": 6}}, "xxxxxx"),
        ({"type": "string", "constraints": {"pattern": "^[0-9]{3}$"}}, "none"),
        ({"type": "string", "nullable": True, "constraints": {"pattern": "^[0-9]{3}$"}}, None),
    ],
)
def test_a_field_has_what_training_saw_most_or_else_what_is_declared(feature: dict[str, Any], value: Any) -> None:
    assert sampled(**feature) == value


def test_fields_nest_as_in_an_instance() -> None:
    paths = (["a", 0], ["a", 1], ["b", "c"])
    signature = Signature.model_validate({"features": [{"path": path, "type": "boolean"} for path in paths]})
    assert sample_row(signature) == {"a": [False, False], "b": {"c": False}}
