"""For any input: both doors answer alike, there is no 500, and the schema agrees with the validator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.doors import Both, open_both
from twinserve.testing.client import JSON
from twinserve.testing.fakes import car, service_of

some = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
"""A request takes a millisecond or a hundred; the machine decides, not the property."""

NAMES = ("engine.power", "engine.cylinders", "wheels.0", "plate", "serial", "engine.serial", "dealer", "dealer.name")
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-2, max_value=20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.sampled_from(["red", "diesel", "Oslo", "2015-02-28", "2016-05-01T12:30:00Z", "1.5", ""]),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5)
)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A valid instance with some of its values exchanged, removed or added."""
    instance: Any = json.loads(json.dumps(car()))
    for _ in range(draw(st.integers(0, 3))):
        node = instance
        if draw(st.booleans()):
            node = draw(st.sampled_from([instance.get("engine"), instance.get("wheels")])) or instance
        if isinstance(node, list):
            node.insert(draw(st.integers(0, len(node))), draw(VALUES))
        elif isinstance(node, dict):
            key = draw(st.sampled_from([*(sorted(node) or ["x"]), *NAMES]) | st.text(max_size=8))
            if draw(st.booleans()):
                node.pop(key, None)
            else:
                node[key] = draw(VALUES)
    return instance


BODIES = mutated() | st.lists(mutated(), max_size=4) | VALUES


@pytest.fixture(scope="module", params=["warn", "reject"])
def doors(request: pytest.FixtureRequest) -> Iterator[Both]:
    """Both doors, with either policy of `out_of_range`."""
    with open_both(service_of(out_of_range=request.param)) as opened:
        yield opened


@some
@given(body=BODIES)
def test_any_json_is_answered_alike_and_is_no_fault(doors: Both, body: Any) -> None:
    """Any JSON is 200 or 422, the same at both doors."""
    assert doors.predict(json.dumps(body).encode()).status in (200, 422)


@some
@given(body=mutated())
def test_the_schema_and_the_service_take_the_same_instances(doors: Both, body: Any) -> None:
    """The published schema and the service accept the same instances, except dates that do not exist."""
    schema = doors.send("GET", "/schema").json()
    taken = doors.predict(json.dumps(body).encode()).status == 200
    assert Draft202012Validator(schema).is_valid(body) == taken


@some
@given(body=st.binary(max_size=200))
def test_random_bytes_are_answered_alike_and_are_no_fault(doors: Both, body: bytes) -> None:
    """Random bytes are 400 or 422, alike at both doors."""
    assert doors.predict(body).status in (400, 422)


@some
@given(data=st.data())
def test_a_valid_body_with_one_byte_changed_is_no_fault(doors: Both, data: st.DataObject) -> None:
    """A valid body with one byte changed, removed or added is never a 500."""
    body = bytearray(json.dumps([car(), car()]).encode())
    place = data.draw(st.integers(0, len(body) - 1))
    piece = data.draw(st.binary(max_size=2) | st.sampled_from([b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"-"]))
    body[place : place + data.draw(st.integers(0, 3))] = piece
    assert doors.predict(bytes(body)).status in (200, 400, 422)


@some
@given(content_type=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
def test_any_content_type_is_taken_or_415(doors: Both, content_type: str) -> None:
    """Any Content-Type is accepted or 415, alike at both doors."""
    assert doors.predict(car(), {"Content-Type": content_type}).status in (200, 415)


@some
@given(parameters=st.text(st.sampled_from(';= "\\charsetUTF-8,x\t'), max_size=30))
def test_any_parameters_are_taken_or_415(doors: Both, parameters: str) -> None:
    """Any parameters of Content-Type are accepted or 415, however they are quoted or cut."""
    assert doors.predict(car(), {"Content-Type": f"application/json{parameters}"}).status in (200, 415)


@some
@given(given_id=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=70))
def test_any_request_id_is_kept_or_replaced(doors: Both, given_id: str) -> None:
    """Kept exactly when it is 1 to 64 letters, digits, dots, underscores and dashes."""
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    good = 1 <= len(given_id) <= 64 and set(given_id) <= allowed
    for door in doors.doors:
        answer = door.send("POST", "/predict", b"{}", {**JSON, "X-Request-Id": given_id})
        name = answer.headers["X-Request-Id"]
        assert (name == given_id) == good
        assert answer.json()["instance"] == name


@some
@given(
    path=st.text(st.sampled_from("/predict.modelhathvs%2F0Ad"), max_size=20), method=st.sampled_from(["GET", "POST"])
)
def test_any_path_is_answered_alike(doors: Both, path: str, method: str) -> None:
    """Any path, known or not, is answered alike at both doors."""
    assume(path != "metrics")  # It counts the requests to itself.
    answer = doors.send(method, f"/{path}", b"{}", JSON)
    assert answer.status in (200, 404, 405, 415, 422)  # 415: JSON is no form.
