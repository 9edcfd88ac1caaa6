"""Valid values that training never saw."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twinserve.signature.made import feature, instances, many, signature, signatures
from twinserve.signature import Columns, Signature
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.novelty import Novelty
from twinserve.signature.request.validator import Validator

CONTRACT = signature(
    feature("n", nullable=True, seen_minimum=0.0, seen_maximum=1.0),
    feature("c", "category", nullable=True, seen_categories=("a", "b")),
    feature("i", "integer", seen_minimum=0.0, seen_maximum=1.0),
    feature("declared", "category", enumeration=("x", "y"), seen_categories=("y",)),
    feature("day", "date", seen_minimum=0.0, seen_maximum=10.0),
    feature("at", "datetime", nullable=True, seen_minimum=0.0, seen_maximum=10.5),
)
USUAL = {"n": 1.0, "c": "a", "i": 0, "declared": "y", "day": "1970-01-11", "at": "1970-01-01T00:00:10.5Z"}


def codes(*rows: dict[str, Any], contract: Signature = CONTRACT) -> dict[int, list[tuple[Any, ...]]]:
    """Row, place and code of everything new."""
    columns = Validator(contract).validate(json.dumps(rows).encode()).columns
    findings_by_row = Novelty(contract).find(columns)
    return {row: [(*finding.path, finding.code) for finding in findings] for row, findings in findings_by_row.items()}


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
        ({"day": "1970-01-12"}, [("day", "out-of-range")]),
        ({"day": "1969-12-31"}, [("day", "out-of-range")]),
        ({"at": "1970-01-01T00:00:10.500001Z"}, [("at", "out-of-range")]),
        ({"at": None}, []),
    ],
)
def test_each_kind_of_news(change: dict[str, Any], expected: list[tuple[Any, ...]]) -> None:
    assert codes(USUAL | change) == ({0: expected} if expected else {})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"day": "2024-02-29"}, "Outside the range that training saw: 1970-01-01 to 1970-01-11."),
        (
            {"at": "2024-02-29T00:00:00Z"},
            "Outside the range that training saw: 1970-01-01T00:00:00+00:00 to 1970-01-01T00:00:10.500000+00:00.",
        ),
    ],
)
def test_a_range_of_dates_is_told_in_dates(change: dict[str, Any], expected: str) -> None:
    columns = Validator(CONTRACT).validate(json.dumps(USUAL | change).encode()).columns
    assert [finding.detail for finding in Novelty(CONTRACT).find(columns)[0]] == [expected]


def test_the_news_of_a_row_are_in_signature_order() -> None:
    odd = USUAL | {"declared": "x", "i": 5, "c": "z", "n": 5}
    expected = [
        ("n", "out-of-range"),
        ("c", "unseen-category"),
        ("i", "out-of-range"),
        ("declared", "unseen-category"),
    ]
    assert codes(USUAL, odd, USUAL, odd) == {1: expected, 3: expected}


@pytest.mark.parametrize("is_known", [False, True])
@settings(max_examples=30)
@given(changes=st.lists(st.tuples(st.integers(0, 299), st.integers(0, 5), st.sampled_from([-1.0, 0.5, 2.0, 12.0]))))
def test_of_many_rows_the_findings_are_those_of_each_alone(
    changes: list[tuple[int, int, float]], is_known: bool
) -> None:
    """The extremes of the columns tell where to look, whether they are known before or not."""
    usual = Validator(CONTRACT).validate(json.dumps(USUAL).encode()).columns.matrix
    matrix = np.tile(usual, (300, 1))
    matrix[250, 0] = np.nan
    for row, place, value in changes:
        matrix[row, place] = value
    columns, novelty = Columns(matrix), Novelty(CONTRACT)
    if is_known:
        columns.extent = np.nanmin(matrix, axis=0), np.nanmax(matrix, axis=0)
    alone = {row: found[0] for row in range(300) if (found := novelty.find(Columns(matrix[row : row + 1])))}
    assert novelty.find(columns) == alone
    assert novelty.count(columns) == sum(map(len, alone.values()))


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
