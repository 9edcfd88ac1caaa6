"""Python values as the JSON that they stand for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from tests.twinserve.signature.made import EVERY_TYPE, VALID, instances, many
from twinserve.signature.request.diagnosis import MAX_ERRORS, InvalidInput
from twinserve.signature.request.python_values import CODE, to_json
from twinserve.signature.request.strict_json import MOST_DEPTH
from twinserve.signature.request.validator import Validator


@pytest.mark.parametrize("value", [VALID, [VALID], (1, -0.0, 5e-324, True, None, "é"), {"a": {"b": []}}, "x", 1.5])
def test_a_value_is_written_as_python_writes_it(value: Any) -> None:
    assert json.loads(to_json(value)) == json.loads(json.dumps(value))


def test_every_place_that_json_cannot_hold_is_listed() -> None:
    """In the order of the value; beyond a hundred the others are counted."""
    with pytest.raises(InvalidInput) as caught:
        to_json({"a": [1, {2}, float("inf")], "b/c": b""})
    assert [error["pointer"] for error in caught.value.errors] == ["/a/1", "/a/2", "/b~1c"]
    assert {error["code"] for error in caught.value.errors} == {CODE}
    with pytest.raises(InvalidInput) as caught:
        to_json([float("nan")] * 150)
    assert (len(caught.value.findings), caught.value.total) == (MAX_ERRORS, 150)


def test_what_is_too_deep_stays_too_deep_and_ends() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert to_json(loop) == b"[" * (MOST_DEPTH + 1) + b"]" * (MOST_DEPTH + 1)


def test_an_integer_of_any_length_is_written() -> None:
    """As one that no double holds, either."""
    assert len(to_json(10**9999)) == 401


@many
@given(value=instances(EVERY_TYPE))
def test_a_value_is_validated_as_its_json_is(value: Any) -> None:
    """For a signature that msgspec does not read, too, such as one with dates."""

    def outcome(*, as_value: bool) -> Any:
        validator = Validator(EVERY_TYPE)
        try:
            batch = validator.validate_value(value) if as_value else validator.validate(json.dumps(value).encode())
        except InvalidInput as error:
            return error.errors
        return batch.columns.matrix.tobytes(), batch.columns.texts, dict(batch.columns.unseen), batch.is_array

    assert outcome(as_value=True) == outcome(as_value=False)
