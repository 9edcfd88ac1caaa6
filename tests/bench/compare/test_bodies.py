"""The bodies of the comparison: how many of each verdict, and that the verdicts are right."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import jsonschema
import pytest

from bench.compare.bodies import FIELDS, MARK, Body, bodies, row_of

BODIES = bodies()
NUMBERS = {"type": "number", "not": {"type": "boolean"}}
SCHEMA = {
    "type": "object",
    "required": ["mean", "error", "worst"],
    "properties": {
        group: {
            "type": "object",
            "required": [name for other, name in FIELDS if other == group],
            "properties": {name: NUMBERS for other, name in FIELDS if other == group},
        }
        for group in ("mean", "error", "worst")
    },
}


def strictly(content: bytes) -> Any:
    """What RFC 8259 makes of bytes: UTF-8, no other constants, numbers that a double holds; raises `ValueError`."""

    def no_constant(name: str) -> Any:
        raise ValueError(name)

    def number(text: str) -> float:
        value = float(text[:400])
        if value in (float("inf"), float("-inf")):
            raise ValueError(text[:10])
        return value

    return json.loads(content.decode("utf-8"), parse_constant=no_constant, parse_float=number, parse_int=number)


def test_there_are_about_three_hundred_of_each_kind_some() -> None:
    """The counts that the page names."""
    assert Counter(body.verdict for body in BODIES) == {"invalid": 191, "valid": 79, "choice": 66}


def test_they_are_always_the_same() -> None:
    """So that two runs ask the same."""
    assert bodies() == BODIES


def test_none_is_there_twice() -> None:
    """Each counts once."""
    assert len({(body.content, body.content_type) for body in BODIES}) == len(BODIES)


@pytest.mark.parametrize("body", [body for body in BODIES if body.verdict == "valid"], ids=lambda body: body.kind)
def test_a_valid_body_is_valid_and_holds_its_numbers(body: Body) -> None:
    """By another reader of JSON and of JSON Schema."""
    content = strictly(body.content)
    jsonschema.validate(content, SCHEMA)
    assert row_of(content) == body.row


@pytest.mark.parametrize("body", [body for body in BODIES if body.verdict == "invalid"], ids=lambda body: body.kind)
def test_an_invalid_body_is_no_json_or_breaks_the_schema(body: Body) -> None:
    """So no reasonable service could answer it."""
    try:
        content = strictly(body.content)
    except (ValueError, RecursionError):
        return
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(content)


def test_a_choice_is_json_that_a_lenient_reader_could_take() -> None:
    """Else it would be no choice."""
    for body in BODIES:
        if body.verdict == "choice":
            content = json.loads(body.content)
            assert [float(content[group][name]) for group, name in FIELDS]


def test_what_a_caller_would_not_want_to_see_is_marked() -> None:
    """Whatever may be refused as a whole tumor has the mark in it."""
    assert all(MARK in body.content.decode(errors="ignore") for body in BODIES if body.verdict == "choice")
