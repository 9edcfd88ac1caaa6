"""Flat names and columns that training left out become nested instances and warnings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.twinserve.signature.made import feature
from twinserve.signature import Signature
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.validator import Batch, Validator

CONTRACT = Signature(
    features=(
        feature("age"),
        feature("size.width"),
        feature("size.inner.height", nullable=True, required=False),
        feature("size.inner.depth"),
        feature("rows.0.x"),
        feature("rows.1.x"),
    ),
    left_out={"id": "it is an identifier", "size.note": "it is empty", "who.name": "it is free text", "size": "no"},
)
NESTED = {"age": 1, "size": {"width": 2, "inner": {"height": 3, "depth": 4}}, "rows": [{"x": 5}, {"x": 6}]}
FLAT = {"age": 1, "size.width": 2, "size.inner.height": 3, "size.inner.depth": 4, "rows.0.x": 5, "rows.1.x": 6}
BODIES = [
    FLAT,
    {**NESTED, "size": {"inner": {"height": 3, "depth": 4}}, "size.width": 2},
    {**NESTED, "size": {"width": 2, "inner": {"depth": 4}}, "size.inner.height": 3},
    {**NESTED, "size": {"width": 2}, "size.inner.height": 3, "size.inner.depth": 4},
    {"age": 1, "size": NESTED["size"], "rows.1.x": 6, "rows.0.x": 5},
]


def read(body: Any, **options: Any) -> Batch:
    """The body as columns."""
    return Validator(CONTRACT, **options).validate(json.dumps(body).encode())


def findings(body: Any) -> list[tuple[str, str]]:
    """The errors of a body."""
    with pytest.raises(InvalidInput) as refused:
        read(body)
    return [(finding.pointer, finding.code) for finding in refused.value.findings]


@pytest.mark.parametrize("body", BODIES)
def test_each_spelling_gives_the_same_columns(body: dict[str, Any]) -> None:
    assert read(body).columns.matrix.tolist() == [[1, 2, 3, 4, 5, 6]]
    assert read([NESTED, body]).columns.matrix.tolist() == [[1, 2, 3, 4, 5, 6]] * 2


def test_a_nested_body_is_not_looked_at() -> None:
    assert read(NESTED).spelled is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({**NESTED, "size.width": 2}, [("/size.width", "duplicate")]),
        ({**NESTED, "size.inner.depth": "x"}, [("/size.inner.depth", "duplicate")]),
        ({**NESTED, "rows.1.x": 6}, [("/rows.1.x", "duplicate")]),
        ({**NESTED, "rows": [{"x": 5}], "rows.1.x": 6}, [("/rows/1", "missing"), ("/rows.1.x", "duplicate")]),
        ({**FLAT, "rows.1.x": "x"}, [("/rows.1.x", "type")]),
        ({**NESTED, "size": 5, "size.width": 2}, [("/size", "type")]),
        ({**NESTED, "size": None, "size.width": 2}, [("/size", "null")]),
        ({name: FLAT[name] for name in FLAT if name != "rows.0.x"}, [("/rows.0", "missing")]),
        ({name: FLAT[name] for name in FLAT if name != "size.inner.depth"}, [("/size.inner.depth", "missing")]),
        (
            {"size.inner.height": 1},
            [
                *[("/age", "missing"), ("/size.width", "missing")],
                ("/size.inner.depth", "missing"),
                ("/rows", "missing"),
            ],
        ),
        ({**NESTED, "size": {**NESTED["size"], "inner.depth": 4}}, [("/size/inner.depth", "unknown")]),  # type: ignore[dict-item]
        ({**NESTED, "who": {"name": 1, "x": 2}}, [("/who", "unknown")]),
        ({**NESTED, "who": {}}, [("/who", "unknown")]),
        ({**NESTED, "note": 1}, [("/note", "unknown")]),
    ],
)
def test_errors_have_the_names_that_were_sent(body: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert findings(body) == expected
    assert findings([NESTED, body]) == [(f"/1{pointer}", code) for pointer, code in expected]


def test_columns_that_training_left_out_are_warnings_in_the_order_of_the_table() -> None:
    body = {"who": {"name": {}}, "size.note": [1], "id": "x", **NESTED}
    spelled = read([NESTED, body]).spelled
    assert spelled is not None
    assert [(row, [one.pointer for one in told]) for row, told in spelled.warnings({}).items()] == [
        (1, ["/id", "/size.note", "/who/name"])
    ]


def test_errors_beyond_the_listed_ones_are_counted() -> None:
    with pytest.raises(InvalidInput) as refused:
        read([{**NESTED, "size.width": 2, "id": 1}] * 150)
    assert (len(refused.value.findings), refused.value.total) == (100, 150)


def test_many_colons_in_an_ignored_value_are_no_fault() -> None:
    value = {str(number): [":"] for number in range(3000)}
    assert read({**NESTED, "id": value}).columns.matrix.tolist() == [[1, 2, 3, 4, 5, 6]]


def test_a_python_value_in_an_ignored_field_may_be_anything() -> None:
    batch = Validator(CONTRACT).validate_value([{**NESTED, "id": object(), "who": {"name": float("nan")}}])
    assert batch.spelled is not None
    assert len(batch.spelled.warnings({})[0]) == 2


def test_a_stored_signature_of_before_opens() -> None:
    stored = json.loads(CONTRACT.model_dump_json())
    del stored["left_out"]
    assert Signature.model_validate_json(json.dumps(stored)).left_out == {}
