"""Valid values that training never saw."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.signature import InvalidInput, Novelty, Signature, Validator
from tests.model.signature.made import feature, instances, many, signature, signatures

CONTRACT = signature(
    feature("n", nullable=True, seen_minimum=0.0, seen_maximum=1.0),
    feature("c", "category", nullable=True, seen_categories=("a", "b")),
    feature("i", "integer", seen_minimum=0.0, seen_maximum=1.0),
    feature("declared", "category", enumeration=("x", "y"), seen_categories=("y",)),
)
USUAL = {"n": 1.0, "c": "a", "i": 0, "declared": "y"}


def codes(*rows: dict[str, Any], contract: Signature = CONTRACT) -> dict[int, list[tuple[Any, ...]]]:
    """Row, place and code of everything new."""
    columns = Validator(contract).validate(json.dumps(rows).encode()).columns
    found = Novelty(contract).find(columns)
    return {row: [(*finding.path, finding.code) for finding in findings] for row, findings in found.items()}


def test_what_training_saw_earns_no_warning() -> None:
    assert codes(USUAL, USUAL | {"n": 0, "i": 1}) == {}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"n": -0.001}, [("n", "out-of-range")]),
        ({"n": 1.001}, [("n", "out-of-range")]),
        ({"n": None}, []),
        ({"c": "z"}, [("c", "unseen-category")]),
        ({"c": None}, []),
        ({"declared": "x"}, [("declared", "unseen-category")]),
        ({"i": 2}, [("i", "out-of-range")]),
    ],
)
def test_each_kind_of_news(change: dict[str, Any], expected: list[tuple[Any, ...]]) -> None:
    assert codes(USUAL | change) == ({0: expected} if expected else {})


def test_the_news_of_a_row_are_in_signature_order() -> None:
    odd = {"declared": "x", "i": 5, "c": "z", "n": 5}
    expected = [
        ("n", "out-of-range"),
        ("c", "unseen-category"),
        ("i", "out-of-range"),
        ("declared", "unseen-category"),
    ]
    assert codes(USUAL, odd, USUAL, odd) == {1: expected, 3: expected}


def test_a_signature_without_observations_knows_no_news_of_numbers() -> None:
    assert codes({"x": 1e300}, contract=signature(feature("x"))) == {}


@many
@given(signatures(), st.data())
def test_warn_warns_of_exactly_what_reject_refuses(contract: Signature, data: st.DataObject) -> None:
    row = data.draw(instances(contract))
    body = json.dumps([row]).encode()
    try:
        batch = Validator(contract).validate(body)
    except InvalidInput:
        return
    warned = Novelty(contract).find(batch.columns).get(0, [])
    try:
        Validator(contract, out_of_range="reject").validate(body)
        refused = []
    except InvalidInput as error:
        refused = [(finding.path[1:], finding.code, finding.detail) for finding in error.findings]
    assert [(finding.path, finding.code, finding.detail) for finding in warned] == refused
