"""The bodies that Pydantic accepts straight from JSON; test_fast_path.py compares the values with the closer look's."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from tests.twinserve.signature.made import feature, signature
from twinserve.signature.request.pydantic_path import JsonReader

READER: Final = JsonReader(
    signature(feature("a"), feature("g.day", "date"), feature("g.b", nullable=True, required=False), feature("v.0")),
    max_batch=3,
    out_of_range="warn",
)
KEYS: Final = 5
VALID: Final[dict[str, Any]] = {"a": 1.5, "g": {"day": "1970-01-02", "b": None}, "v": [2]}


def accepted(body: bytes) -> list[Any] | None:
    """What gets in."""
    return READER.accept(body, array=body.startswith(b"["), colons=body.count(b":"), keys=KEYS)


@pytest.mark.parametrize("rows", [1, 3])
def test_whole_instances_get_in(rows: int) -> None:
    assert accepted(json.dumps(VALID).encode()) == [1.5, 1.0, None, 2.0]
    assert accepted(json.dumps([VALID] * rows).encode()) == [1.5, 1.0, None, 2.0] * rows


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"a": 1.5', '"a": "1.5"'),
        ('"a": 1.5', '"a": NaN'),
        ('"a": 1.5', '"x": 1.5'),
        ('"a": 1.5', '"g": 1.5'),
        (', "b": null', ""),
        ('"b": null', '"day": "1970-01-02"'),
        ('"b": null', '"b": {"c": null}'),
        ("[2]", "[]"),
        ("[2]", "[2, 3]"),
        ("[2]", '{"0": 2}'),
        ("{", "[{"),
        ("}", ""),
        ("1970", "a:b:"),
    ],
)
def test_whatever_is_odd_is_looked_at_closely(old: str, new: str) -> None:
    """Be it valid or not."""
    body = json.dumps(VALID).replace(old, new, 1)
    assert accepted(body.encode()) is None
    assert accepted(f"[{body}]".encode()) is None


def test_neither_too_many_nor_none_get_in() -> None:
    assert accepted(json.dumps([VALID] * 4).encode()) is None
    assert accepted(b"[]") is None
