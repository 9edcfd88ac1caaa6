"""Requests of the Open Inference Protocol V2 for all doors, whose replies must fit its schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from tests.doors import Both
from tests.oip_schema import SCHEMAS
from tests.tensors import INFER, LENGTH, inputs_of, json_body, outputs_in
from twinserve.testing.answer import Answer
from twinserve.testing.fakes import car

CARS = [car(), car(age=None, city="Rome", doors=None), car(age=99.0, built="1999-12-31", sold=None)]


def require(answer: Answer, schema: str, status: int = 200) -> Any:
    """The JSON of an answer, which must have this status and fit the protocol's schema."""
    length = answer.headers.get(LENGTH)
    value = json.loads(answer.body if length is None else answer.body[: int(length)])
    assert answer.status == status, value
    Draft202012Validator({"$ref": f"#/$defs/{schema}", "$defs": SCHEMAS}).validate(value)
    return value


def infer(doors: Both, cars: list[Any], **rest: Any) -> dict[str, Any]:
    """The outputs for these cars."""
    answer = doors.send("POST", INFER, json_body(inputs_of(cars), **rest))
    require(answer, "inference_response")
    return outputs_in(answer.body, answer.headers.get(LENGTH))


def told(doors: Both, body: bytes, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Status and sentence of a refusal."""
    answer = doors.send("POST", INFER, body, headers)
    return answer.status, require(answer, "inference_error_response", answer.status)["error"]
