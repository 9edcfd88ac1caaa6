"""Each test of the suite detects the defect it is for: a door with one defect fails it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from tests.twinserve.testing.third_door import ThirdDoor
from twinserve.service.http.routes import BY_NAME
from twinserve.testing import Answer, Client, DoorSuite
from twinserve.testing.answer import Headers
from twinserve.testing.client import ALWAYS
from twinserve.testing.contract.malformed import files
from twinserve.testing.fakes import car, service_of

Change = Callable[[str, str, Answer], Answer]
"""What a defect makes of an answer to a method and a path."""
Test = Callable[[DoorSuite, Client], None]


def without(name: str) -> Change:
    """Remove a header."""

    def change(_method: str, _path: str, answer: Answer) -> Answer:
        kept = [(given, value) for given, value in answer.headers.pairs if given != name.lower()]
        return dataclasses.replace(answer, headers=Headers(kept))

    return change


def status(instead: Mapping[int, int]) -> Change:
    """Replace statuses."""
    return lambda _method, _path, answer: dataclasses.replace(answer, status=instead.get(answer.status, answer.status))


def body(old: bytes, new: bytes) -> Change:
    """Replace bytes of the body."""
    return lambda _method, _path, answer: dataclasses.replace(answer, body=answer.body.replace(old, new))


def echo(_method: str, path: str, answer: Answer) -> Answer:
    """Add the path to the body of a 404."""
    return dataclasses.replace(answer, body=answer.body + path.encode()) if answer.status == 404 else answer


PREDICT, MODEL = BY_NAME["predict"], BY_NAME["model"]
MALFORMED = files("n_*.json")[0]
DEFECTS: Mapping[str, tuple[Change, Test]] = {
    "no length": (without("Content-Length"), lambda suite, at: suite.test_get_is_200(at, "tumor", MODEL)),
    "HEAD without a type": (
        lambda method, path, answer: without("Content-Type")(method, path, answer) if method == "HEAD" else answer,
        lambda suite, at: suite.test_head_is_get_without_the_body(at, "tumor", MODEL),
    ),
    "OPTIONS is 200": (
        status({204: 200}),
        lambda suite, at: suite.test_options_is_204_with_a_sorted_allow(at, PREDICT),
    ),
    "no Allow": (without("Allow"), lambda suite, at: suite.test_any_other_method_is_405_with_allow(at, MODEL)),
    "a redirect": (status({404: 308}), lambda suite, at: suite.test_every_other_path_is_404(at, "/predict/", "POST")),
    "the path comes back": (echo, lambda suite, at: suite.test_a_404_does_not_repeat_the_path(at)),
    "any type is read": (
        status({415: 200}),
        lambda suite, at: suite.test_any_other_content_type_is_415(at, car(), "text/plain"),
    ),
    "413 is another status": (
        status({413: 400}),
        lambda suite, at: suite.test_the_largest_body_is_read_and_one_byte_more_is_413(at),
    ),
    "malformed is invalid": (
        status({400: 422}),
        lambda suite, at: suite.test_malformed_is_400_with_the_position(at, MALFORMED),
    ),
    "a problem may be stored": (
        without("Cache-Control"),
        lambda suite, at: suite.test_a_problem_is_never_stored_nor_sniffed(at, "invalid-input"),
    ),
    "another shape": (
        body(b'"title"', b'"name"'),
        lambda suite, at: suite.test_every_refusal_is_a_problem(at, "invalid-input"),
    ),
    "no id": (
        without("X-Request-Id"),
        lambda suite, at: suite.test_every_refusal_is_a_problem(at, "malformed-json"),
    ),
    "another code": (
        body(b'"bound"', b'"range"'),
        lambda suite, at: suite.test_each_rule_has_its_code(at, car(wheels=[1, 2, 0, 4]), "/wheels/2", "bound"),
    ),
    "a label is missing": (
        body(b'"label"', b'"class"'),
        lambda suite, at: suite.test_a_prediction_has_its_members_in_order(at, car()),
    ),
    "a path is not listed": (
        body(b'"path": "schema"', b'"path": "other"'),
        lambda suite, at: suite.test_the_index_lists_every_path(at),
    ),
    "a page that fetches": (
        body(b"<title>", b'<script src="https://example.org/x.js"></script><title>'),
        lambda suite, at: suite.test_the_page_fetches_nothing_from_elsewhere(at),
    ),
}


@contextmanager
def at(change: Change | None) -> Iterator[Client]:
    """A client of the third door with this defect, or with none."""
    service = service_of()
    door = ThirdDoor(service)

    def send(method: str, path: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        answer = door.send(method, path, content, headers)
        return change(method, path, answer) if change else answer

    yield Client(send)
    service.close()


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_fails_the_test_that_names_it(name: str) -> None:
    """The same test passes without the defect."""
    change, test = DEFECTS[name]
    with at(None) as client:
        test(DoorSuite(), client)
    with at(change) as client, pytest.raises((AssertionError, KeyError)):
        test(DoorSuite(), client)


def test_a_prefix_is_put_before_every_path() -> None:
    """Each request has the suite's id and takes no compressed answer, unless the test says otherwise."""
    asked: list[tuple[str, str, bytes, Mapping[str, str]]] = []

    def send(method: str, path: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        asked.append((method, path, content, headers))
        return Answer.of(200, [], b"{}")

    client = Client(send, "/ml")
    client.predict({"a": 1})
    client.send("GET", "/", headers={"X-Request-Id": "mine"})
    assert [(method, path, content) for method, path, content, _ in asked] == [
        ("POST", "/ml/predict", json.dumps({"a": 1}).encode()),
        ("GET", "/ml/", b""),
    ]
    assert asked[0][3] == {**ALWAYS, "Content-Type": "application/json"}
    assert asked[1][3] == {**ALWAYS, "X-Request-Id": "mine"}


def test_a_header_is_found_in_any_case_and_keeps_every_value() -> None:
    """For headers given as a mapping or as pairs."""
    answer = Answer.of(200, [("Vary", "a"), ("vary", "b"), ("X-A", "1")], b"")
    assert answer.headers["VARY"] == "a"
    assert answer.headers.every("Vary") == ["a", "b"]
    assert ("x-a" in answer.headers, "x-b" in answer.headers, len(answer.headers)) == (True, False, 2)
    assert Answer.of(200, {"X-A": "1"}, b"").headers == Headers([("x-a", "1")])
    with pytest.raises(KeyError):
        answer.headers["x-b"]


def test_a_subclass_without_open_is_told_what_to_override() -> None:
    """The error names `open`."""
    service = service_of()
    with pytest.raises(NotImplementedError, match="Override the class method `open`"):
        DoorSuite.open(service)
    service.close()
