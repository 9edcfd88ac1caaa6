"""The published schema accepts what the validator accepts."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.twinserve.signature.made import EVERY_TYPE, VALID, feature, many, signature, signatures, spelled_instances
from twinserve.signature import Seen, Signature, json_schema
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.validator import Validator
from twinserve.signature.signature import TEMPORAL, OutOfRange
from twinserve.signature.timestamps import FIRST

POLICIES: tuple[OutOfRange, ...] = ("warn", "reject")
DAY = Validator(signature(feature("x", "date")))


def leaf(kind: str = "number", *, out_of_range: OutOfRange = "warn", **facts: Any) -> dict[str, Any]:
    """The schema of one field."""
    schema = json_schema(signature(feature("x", kind, **facts)), out_of_range=out_of_range)
    leaf_schema: dict[str, Any] = schema["properties"]["x"]
    return leaf_schema


def accepted(validator: Validator, instance: Any) -> bool:
    """Does our validator take this instance?"""
    try:
        validator.validate(json.dumps([instance]).encode())
    except InvalidInput:
        return False
    return True


@many
@given(signatures(), st.sampled_from(POLICIES))
def test_every_schema_is_valid_and_plain_json(contract: Signature, policy: OutOfRange) -> None:
    schema = json_schema(contract, out_of_range=policy)
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema, allow_nan=False)) == schema


@many
@given(signatures(), st.sampled_from(POLICIES), st.data())
def test_schema_and_validator_agree(contract: Signature, policy: OutOfRange, data: st.DataObject) -> None:
    """Where they differ, a sentence of the contract says so: dates outside the range that training saw, numbers over a
    double."""
    contract = contract.observed([Seen() if one.type in TEMPORAL else one.seen for one in contract.features])
    schema = Draft202012Validator(json_schema(contract, out_of_range=policy))
    instance = data.draw(spelled_instances(contract))
    assert accepted(Validator(contract, out_of_range=policy), instance) == schema.is_valid(instance)


@pytest.mark.parametrize("policy", POLICIES)
def test_every_type_at_once(policy: OutOfRange) -> None:
    """Under `reject` the example's town and size are news to training."""
    schema = Draft202012Validator(json_schema(EVERY_TYPE, out_of_range=policy))
    paths = sorted(error.json_path for error in schema.iter_errors(VALID))
    assert paths == ([] if policy == "warn" else ["$.size", "$.town"])


def test_a_group_lists_its_fields_in_order_and_takes_no_other() -> None:
    schema = json_schema(signature(feature("b"), feature("a", nullable=True, required=False)))
    assert schema == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Instance",
        "type": "object",
        "properties": {"b": {"type": "number"}, "a": {"type": ["number", "null"]}},
        "required": ["b"],
        "additionalProperties": False,
    }
    assert list(schema["properties"]) == ["b", "a"]


def test_a_list_has_exactly_its_places() -> None:
    schema = json_schema(signature(feature("v.0"), feature("v.1", "integer")))
    assert schema["properties"]["v"] == {
        "type": "array",
        "prefixItems": [{"type": "number"}, {"type": "integer"}],
        "items": False,
        "minItems": 2,
    }


def test_what_is_known_of_a_field_is_published() -> None:
    assert leaf(unit="mm", description="Width.", example=1.5, minimum=0) == {
        "type": "number",
        "minimum": 0,
        "description": "Width. Unit: mm.",
        "x-unit": "mm",
        "examples": [1.5],
    }


def test_groups_are_described_at_their_place() -> None:
    described = Signature(features=(feature("g.x"),), descriptions={"": "All.", "/g": "Some."})
    schema = json_schema(described)
    assert (schema["description"], schema["properties"]["g"]["description"]) == ("All.", "Some.")


def test_under_warn_what_training_saw_is_a_note() -> None:
    assert leaf(seen_minimum=0.0, seen_maximum=9.0) == {
        "type": "number",
        "description": "Training saw 0 to 9.",
        "x-seen-range": [0.0, 9.0],
    }
    assert leaf("category", seen_categories=("a", "b")) == {"type": "string", "x-seen-categories": ["a", "b"]}


def test_under_reject_what_training_saw_is_a_rule() -> None:
    seen: dict[str, Any] = {"seen_minimum": 0.0, "seen_maximum": 9.0}
    rules = leaf(out_of_range="reject", **seen)
    assert rules == {"type": "number", "description": "Training saw 0 to 9.", "minimum": 0.0, "maximum": 9.0}
    narrow = leaf(out_of_range="reject", minimum=2, maximum=99, **seen)
    assert (narrow["minimum"], narrow["maximum"]) == (2.0, 9.0)
    categories = leaf("category", out_of_range="reject", enumeration=("c", "b", "a"), seen_categories=("a", "b"))
    assert categories["enum"] == ["b", "a"]


@pytest.mark.parametrize("policy", ["warn", "reject"])
def test_a_range_of_dates_is_a_note_under_either_policy(policy: Any) -> None:
    """JSON Schema has no bounds for texts."""
    schema = leaf("date", out_of_range=policy, seen_minimum=0.0, seen_maximum=1.0)
    assert schema["x-seen-range"] == ["1970-01-01", "1970-01-02"]
    assert schema["minimum"] == FIRST


def test_null_is_one_of_the_values_of_a_nullable_enumeration() -> None:
    assert leaf("category", nullable=True, enumeration=("a",)) == {"type": ["string", "null"], "enum": ["a", None]}


@pytest.mark.parametrize(
    ("kind", "text", "matches"),
    [
        ("date", "2020-01-01", True),
        ("date", "2020-1-1", False),
        ("datetime", "2020-01-01T00:00:00Z", True),
        ("datetime", "2020-01-01T00:00:00.5+05:30", True),
        ("datetime", "2020-01-01T24:00:00Z", False),
        ("date", "2020-01-01T00:00:00.000", True),
        ("date", "2020-01-01T00:00:00.001", False),
        ("date", 86_400_000, True),
        ("date", 1, False),
        ("datetime", "2020-01-01 00:00:00Z", True),
        ("datetime", 1, True),
        ("datetime", 0.5, False),
        ("datetime", 253_402_300_800_000, False),
        ("datetime", "2020-01-01T00:00:00+10:60", False),
        ("datetime", "2020-02-29T00:00:00Z", True),
        ("datetime", "2020-02-30T00:00:00Z", False),
        ("datetime", "2016-12-31T23:59:60Z", False),
    ],
)
def test_dates_have_a_pattern_and_bounds(kind: str, text: str | float, matches: bool) -> None:
    assert Draft202012Validator(leaf(kind)).is_valid(text) == matches
    assert accepted(Validator(signature(feature("x", kind))), {"x": text}) == matches


@pytest.mark.parametrize("year", [0, 1, 4, 10, 100, 400, 1000, 1900, 1999, 2000, 2023, 2024, 2100, 9996, 9999])
def test_the_pattern_of_a_date_is_the_calendar(year: int) -> None:
    """A day that no calendar has is none by the schema either, be the format asserted or not."""
    schema = Draft202012Validator(leaf("date"))
    days = [f"{year:04}-{month:02}-{day:02}" for month in range(14) for day in range(33)]
    assert [day for day in days if schema.is_valid(day)] == [day for day in days if accepted(DAY, {"x": day})]


def test_the_schema_holds_no_infinity() -> None:
    values = str(json_schema(EVERY_TYPE, out_of_range="reject"))
    assert str(math.inf) not in values
