"""The Pydantic core schema of leaves; most of what it accepts is tested through the validator."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_core import SchemaValidator, ValidationError

from tests.twinserve.signature.made import feature, signature
from twinserve.signature import FeatureType
from twinserve.signature.request.core_schema import LEAVES, schema


def rules(*, reject: bool = False, **facts: Any) -> SchemaValidator:
    """The rules of instances with one field, `x`."""
    return SchemaValidator(schema(signature(feature("x", **facts)).tree(), reject=reject))


def takes(validator: SchemaValidator, text: str) -> bool:
    """Is this JSON text valid for `x`?"""
    try:
        validator.validate_json(f'{{"x":{text}}}')
    except ValidationError:
        return False
    return True


JSON_AND_PYTHON: tuple[tuple[str, Any], ...] = (
    ("1", 1),
    ("1.5", 1.5),
    ("true", True),
    ('"2020-01-01"', "2020-01-01"),
    ('"2020-01-01T00:00:00"', "2020-01-01T00:00:00"),
    ("null", None),
    ("[]", []),
)


def test_every_type_has_its_rules() -> None:
    assert set(LEAVES) == set(FeatureType)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("number", "1", 1.0),
        ("integer", "1", 1.0),
        ("date", '"1970-01-02"', 1.0),
        ("date", "86400000", 1.0),
        ("date", "-86400000.0", -1.0),
        ("date", '"1970-01-02T00:00:00.000"', 1.0),
        ("date", '"1970-01-02T00:00:00.000Z"', 1.0),
        ("date", '"1970-01-02 00:00:00.000000"', 1.0),
        ("datetime", '"1970-01-01T00:00:00"', 0.0),
        ("datetime", '"1970-01-01 00:00:01.500000"', 1.5),
        ("datetime", "1500", 1.5),
        ("datetime", "-1.0", -0.001),
    ],
)
def test_a_leaf_gives_what_a_column_holds(kind: str, text: str, value: float) -> None:
    validated = rules(kind=kind).validate_json(f'{{"x":{text}}}')["x"]
    assert (validated, type(validated)) == (value, float)


@pytest.mark.parametrize("kind", list(FeatureType))
def test_json_and_python_are_judged_alike(kind: FeatureType) -> None:
    """The first look is at JSON, the look for every error at Python values: both must take the same."""
    validator = rules(kind=kind.value)
    for text, value in JSON_AND_PYTHON:
        assert takes(validator, text) == validator.isinstance_python({"x": value})


def test_what_training_saw_counts_under_reject_only() -> None:
    for kind, seen, text in (
        ("number", {"seen_minimum": 0.0, "seen_maximum": 1.0}, "2"),
        ("integer", {"seen_minimum": 0.0, "seen_maximum": 1.0}, "2"),
        ("category", {"seen_categories": ("a",)}, '"b"'),
    ):
        assert takes(rules(kind=kind, **seen), text)
        assert not takes(rules(kind=kind, reject=True, **seen), text)


def test_a_range_with_one_end_is_open_at_the_other() -> None:
    half = rules(kind="number", reject=True, seen_maximum=1.0)
    assert takes(half, "-1e300")
    assert not takes(half, "1.1")
