"""A posted form is the instance that was entered."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.twinserve.signature.made import EVERY_TYPE, VALID, feature, instances, many, same, signature, signatures
from twinserve.predict.targets.made import one_target
from twinserve.service.http.problem import Problem
from twinserve.service.pages.field import number_text
from twinserve.service.pages.form import Form
from twinserve.service.pages.posted import Posted, filled, read
from twinserve.signature import Feature, FeatureType, Signature
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.validator import Validator
from twinserve.store.examples import NO_EXAMPLES


def form_of(contract: Signature) -> Form:
    """The form of a model with this contract."""
    return Form(contract, NO_EXAMPLES, one_target(("a", "b")))


def posted(contract: Signature, instance: Any) -> Posted:
    """What arrives when this instance is entered and posted."""
    form = form_of(contract)
    values, nulls = filled(instance, form)
    return read(urlencode([*values.items(), *(("null", name) for name in nulls)]).encode(), form)


def outcome(contract: Signature, body: str) -> Any:
    """The columns of a body, or its errors."""
    try:
        return Validator(contract).validate(body.encode()).columns
    except InvalidInput as error:
        return error.errors


@many
@given(st.data())
def test_an_instance_that_is_entered_is_answered_as_one_that_is_sent(data: st.DataObject) -> None:
    """The same columns, or exactly the same errors: of every value that can be entered in a field of its type."""
    contract = data.draw(signatures())
    instance = data.draw(instances(contract))
    assume(can_be_entered(contract, instance))
    expected, actual = outcome(contract, json.dumps(instance)), outcome(contract, posted(contract, instance).body)
    assert expected == actual if isinstance(expected, list) else same(expected, actual)


def can_be_entered(contract: Signature, instance: Any) -> bool:
    """Has the instance all groups, nothing unknown, and in each field a value of its kind, or none?"""

    def check(node: Any, value: Any) -> bool:
        if isinstance(node, Feature):
            return fits(node, value)
        if 0 in node:
            return isinstance(value, list) and len(value) == len(node) and all(map(check, node.values(), value))
        needed = {part for part, child in node.items() if not isinstance(child, Feature) or is_needed(child)}
        return (
            isinstance(value, dict)
            and needed <= value.keys() <= node.keys()
            and all(check(node[part], child) for part, child in value.items())
        )

    return check(contract.tree(), instance)


def is_needed(leaf: Feature) -> bool:
    """Is nothing, entered here, a text of no characters, or null, so that the field cannot be missing?"""
    return leaf.required and (leaf.type is FeatureType.STRING or leaf.nullable)


def fits(leaf: Feature, value: Any) -> bool:
    """Can this value be entered? A text cannot be missing, and nothing but null is entered as nothing."""
    if value is None:
        return leaf.nullable
    if leaf.type is FeatureType.BOOLEAN:
        return isinstance(value, bool)
    if leaf.type in (FeatureType.NUMBER, FeatureType.INTEGER):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, str) and value != ""


def test_every_type_of_field() -> None:
    """The instance with everything comes back as it is."""
    assert json.loads(posted(EVERY_TYPE, VALID).body) == VALID


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        ("5", "5"),
        ("007", "7"),
        ("0", "0"),
        ("-0.0", "-0.0"),
        (".5", "0.5"),
        ("-.5e3", "-0.5e3"),
        ("1E-5", "1E-5"),
        ("12345678901234567890.123", "12345678901234567890.123"),
        ("", None),
        ("-", None),
        ("e5", None),
        ("5.", None),
        ("1,5", None),
        ("0x1", None),
        ("٣", None),
        ("NaN", None),
        ("0" * 1_000_000 + "x", None),
    ],
)
def test_numbers_as_people_write_them(entered: str, expected: str | None) -> None:
    """With the digits that were entered; None where it is no number, so that the API says so."""
    assert number_text(entered) == expected


@pytest.mark.parametrize(
    ("kind", "entered", "expected"),
    [
        ("number", "", None),
        ("number", " 5 ", "5"),
        ("number", "five", '"five"'),
        ("boolean", "true", "true"),
        ("boolean", "True", '"True"'),
        ("string", "", '""'),
        ("date", "", None),
        ("datetime", "2024-01-02T03:04", '"2024-01-02T03:04:00"'),
        ("datetime", "2024-01-02T03:04:05Z", '"2024-01-02T03:04:05Z"'),
    ],
)
def test_what_a_field_becomes(kind: str, entered: str, expected: str | None) -> None:
    """Nothing entered is a missing field, but of a text."""
    (shown,) = form_of(signature(feature("x", kind))).fields.values()
    assert shown.json_text(entered, is_null=False) == expected


def test_nothing_is_null_where_that_may_be() -> None:
    """An optional or nullable field without a value is not known; of a text one has to say so."""
    nullable = signature(feature("n", nullable=True), feature("s", "string", nullable=True))
    assert json.loads(read(b"/n=&/s=", form_of(nullable)).body) == {"n": None, "s": ""}
    assert json.loads(read(b"/n=&/s=&null=/s", form_of(nullable)).body) == {"n": None, "s": None}
    assert json.loads(read(b"/n=&/s=x&null=/s", form_of(nullable)).body) == {"n": None, "s": "x"}


@pytest.mark.parametrize("body", [b"%ff=1", b"x=1", b"/x=1&/x=2", b"example=0", b"/g=1", b"/g/x/y=1"])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    """With 400."""
    with pytest.raises(Problem) as refused:
        read(body, form_of(signature(feature("g.x"))))
    assert refused.value.kind == "bad-request"


@pytest.mark.parametrize("depth", [1, 900, *range(970, 1000)])
def test_a_field_is_left_empty_where_a_list_is_pasted(depth: int) -> None:
    """However deep it is: near the interpreter's limit some lists can be read and not be written again."""
    contract = signature(feature("a"))
    text = json.dumps({"a": 1}).replace("1", "[" * depth + "]" * depth)
    found = read(urlencode([("json", text)]).encode(), form_of(contract))
    assert (found.values, found.pasted) == ({}, text)
