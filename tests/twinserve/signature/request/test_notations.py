"""A feature that may be written as in its table takes what it took before, and means the same by it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twinserve.signature.made import EVERY_TYPE, NOTATIONS, VALID, feature, instances, many, one, signatures
from twinserve.notations.notation import Notation
from twinserve.signature import Signature, json_schema
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.validator import Validator


def noted(plain: Signature) -> Signature:
    """The signature with a notation for each feature."""
    features = (leaf.model_copy(update={"notation": NOTATIONS[leaf.type]}) for leaf in plain.features)
    return plain.model_copy(update={"features": tuple(features)})


@many
@given(st.data())
def test_what_json_writes_is_taken_and_read_as_before(data: st.DataObject) -> None:
    plain = data.draw(signatures())
    rows = data.draw(st.lists(instances(plain), min_size=1, max_size=4))
    body = json.dumps(rows).encode()
    try:
        before = Validator(plain).validate(body).columns
    except InvalidInput:
        return
    after = Validator(noted(plain)).validate(body).columns
    np.testing.assert_array_equal(after.matrix, before.matrix)
    assert {place: [text and text.strip() for text in texts] for place, texts in before.texts.items()} == after.texts


def test_texts_of_the_table_are_taken_at_each_depth_beside_json() -> None:
    written = {
        "group": {"number": "$0.50", "integer": 3, "deep": {"boolean": "TRUE"}},
        "note": ' a "colon": here ',
        "size": "large",
        "town": 7,
        "day": "29/2/2024",
        "at": "2024/2/29 12:30",
        "place": [59.9, "-"],
    }
    noted_columns = Validator(noted(EVERY_TYPE)).validate(json.dumps([written, VALID]).encode()).columns
    plain = json.dumps([VALID | {"town": "7", "note": 'a "colon": here', "at": "2024-02-29T12:30:00Z"}, VALID])
    plain_columns = Validator(EVERY_TYPE).validate(plain.encode()).columns
    np.testing.assert_array_equal(noted_columns.matrix, plain_columns.matrix)
    assert noted_columns.texts == plain_columns.texts
    assert noted_columns.unseen == plain_columns.unseen


@pytest.mark.parametrize(
    ("kind", "notation", "value", "code"),
    [
        ("number", Notation(form="amount", unit="$"), "€5", "type"),
        ("number", Notation(form="amount", unit="$"), "", "type"),
        ("number", Notation(form="amount", nulls=("?",)), "?", "null"),
        ("integer", Notation(form="amount"), "1.5", "type"),
        ("number", Notation(form="amount"), "1" * 400, "type"),
        ("number", Notation(form="amount"), "9e999", "too-large"),
        ("date", Notation(form="date with the day first"), "2/29/2024", "format"),
        ("boolean", Notation(form="boolean"), "yes", "type"),
        ("category", Notation(form="text of a value"), [], "type"),
        ("category", Notation(form="text of a value", nulls=("?",)), {"a": 1}, "type"),
        ("string", Notation(form="text of a value"), 10**309, "type"),
    ],
)
def test_any_other_text_is_the_error_that_it_always_was(kind: str, notation: Notation, value: Any, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        one(kind, notation=notation).validate(json.dumps({"x": value}).encode())
    assert [finding.code for finding in refused.value.findings] == [code]


@pytest.mark.parametrize(
    ("kind", "notation", "value", "ending"),
    [
        (
            "date",
            Notation(form="date with the day first"),
            "2/29/2024",
            "such as 31/01/2012, or 31/01/2012 1:05 PM with ",
        ),
        ("date", Notation(form="date in digits", format="%Y%m%d"), 5, "a number or text of the form %Y%m%d."),
        ("number", Notation(form="amount", unit="$"), "5 apples", "a text, with separators of thousands and $."),
        ("number", Notation(form="time or duration"), "noon", "a text such as 13:05, 1 days 02:00:00 or 2h 5min."),
        ("boolean", Notation(form="boolean"), "yes", "the text true or false in any case."),
    ],
)
def test_the_error_names_the_form_that_the_table_has(kind: str, notation: Notation, value: Any, ending: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        one(kind, notation=notation).validate(json.dumps({"x": value}).encode())
    (finding,) = refused.value.findings
    assert " Or, as in the table: " in finding.detail
    assert ending in finding.detail


def test_other_errors_name_no_form() -> None:
    validator = one("number", notation=Notation(form="amount"))
    for body in (b"{}", b'{"x": null}', b'{"x": "9e999"}'):
        with pytest.raises(InvalidInput) as refused:
            validator.validate(body)
        assert "as in the table" not in refused.value.findings[0].detail


def test_the_schema_says_what_else_is_taken() -> None:
    described = json_schema(
        Signature(
            features=(
                feature("price", notation=Notation(form="amount", unit="$", nulls=("-",)), nullable=True, unit="$"),
                feature("kind", "category", notation=Notation(form="text of a value"), seen_categories=("7", "b")),
                feature("day", "date", notation=Notation(form="date of a format", format="%d.%m.%y")),
                feature("since", "date", notation=Notation(form="date in digits", format="%Y%m%d")),
            )
        ),
        out_of_range="reject",
    )["properties"]
    assert described["price"]["type"] == ["number", "string", "null"]
    assert described["price"]["description"].endswith("Or a text, with separators of thousands and $, as in the table.")
    assert described["kind"]["enum"] == ["7", "b", 7]
    assert "pattern" not in described["day"]
    assert described["day"]["description"].endswith("Or a text of the form %d.%m.%y, as in the table.")
    assert "multipleOf" not in described["since"]
    assert described["since"]["description"].endswith("Or a number or text of the form %Y%m%d, as in the table.")
