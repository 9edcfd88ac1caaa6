"""Requests that are answered while they arrive, in process, at both doors alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tests.contract.conftest import OpenDoors
from tests.doors import DOORS, Both
from tests.lines import LINES, TYPE
from twinserve.predict.predictor import Predictions
from twinserve.signature import Columns
from twinserve.testing.fakes import BlockedPredictor, FakePredictor, car, service_of

HEADERS = {"Content-Type": TYPE}
LINE = json.dumps(car()).encode()


@pytest.fixture(params=["compiled", "scikit-learn"])
def doors(request: pytest.FixtureRequest, open_doors: OpenDoors) -> Both:
    """Both doors, with a compiled model and with one of scikit-learn."""
    return open_doors(service_of(FakePredictor(request.param), dialects=[LINES]))


def in_pieces(body: bytes, size: int) -> Iterator[bytes]:
    """The body, cut at random positions."""
    return (body[begin : begin + size] for begin in range(0, len(body), size))


@pytest.mark.parametrize("size", [7, 100, 10_000, 1_000_000])
def test_a_body_in_pieces_gives_the_answer_in_pieces(doors: Both, size: int) -> None:
    body = b"\n".join([json.dumps(car(age=float(age))).encode() for age in range(200)])
    expected = [
        row["label"] for row in doors.predict([car(age=float(age)) for age in range(200)]).json()["predictions"]
    ]
    answers = [door.send("POST", "/lines", in_pieces(body, size), HEADERS) for door in doors.doors]
    classes = sorted(set(expected))
    for answer in answers:
        *labels, last = answer.body.decode().split("\n")
        assert (answer.status, last) == (200, "200 lines")
        assert len({(label, expected[row]) for row, label in enumerate(labels)}) == len(classes)
        assert answer.headers["content-type"] == TYPE
        assert "content-length" not in answer.headers
        assert answer.headers["x-request-id"]
    assert answers[0].body == answers[1].body


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/lines", b"{\n", HEADERS, 400),
        ("/lines", b"{}\n", HEADERS, 422),
        ("/lines", b"", {"Content-Type": "text/plain"}, 415),
        ("/lines?x=1", b"", HEADERS, 400),
    ],
)
def test_what_is_wrong_before_the_first_answer_is_a_refusal(
    doors: Both, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    """An error before the first bytes of the answer is an ordinary problem."""
    answer = doors.send("POST", path, body, headers)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")


def test_an_empty_body_has_an_answer_too(doors: Both) -> None:
    assert doors.send("POST", "/lines", b"", HEADERS).body == b"0 lines"


def test_the_rest_may_be_much_more_than_the_body(doors: Both) -> None:
    answer = doors.send("POST", "/lines?more=20", LINE + b"\n", HEADERS)
    assert len(answer.body) == 2 + 20 * 50_000 + len(b"1 lines")


def test_more_than_the_limit_is_413(open_doors: OpenDoors) -> None:
    """A body over the limit is 413 while it arrives, whatever Content-Length is."""
    doors = open_doors(service_of(dialects=[LINES], max_body=1_000))
    for door in doors.doors:
        assert door.send("POST", "/lines", in_pieces(b" " * 2_000, 300), HEADERS).status == 413


def test_a_place_is_held_until_the_end_and_then_given_back(open_doors: OpenDoors) -> None:
    doors = open_doors(service_of(dialects=[LINES], max_concurrent=1))
    for _ in range(3):
        assert doors.send("POST", "/lines", LINE + b"\n", HEADERS).status == 200
        assert doors.send("POST", "/lines", b"{\n", HEADERS).status == 400


def test_a_declared_length_above_the_limit_is_refused_by_the_head(open_doors: OpenDoors) -> None:
    doors = open_doors(service_of(dialects=[LINES], max_body=1_000))
    assert doors.send("POST", "/lines", b" " * 1_001, HEADERS).status == 413


def test_a_step_that_waits_for_other_streams_is_not_late(open_doors: OpenDoors) -> None:
    """Its seconds begin with it: here each takes most of them, and four streams wait for each other."""

    class Slow(FakePredictor):
        def predict(self, columns: Columns) -> Predictions:
            Event().wait(0.2)
            return super().predict(columns)

    for door in open_doors(service_of(Slow(), dialects=[LINES], predict_timeout=0.5)).doors:
        with ThreadPoolExecutor(4) as threads:
            answers = [threads.submit(door.send, "POST", "/lines", LINE + b"\n", HEADERS) for _ in range(4)]
            assert [answer.result().status for answer in answers] == [200] * 4


@pytest.mark.parametrize("door", DOORS)
def test_a_step_that_takes_too_long_is_504_and_so_is_one_that_waits_for_it(door: str) -> None:
    predictor = BlockedPredictor()
    service = service_of(predictor, dialects=[LINES], predict_timeout=0.1)
    blocked = DOORS[door](service)
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(blocked.send, "POST", "/lines", LINE + b"\n", HEADERS) for _ in range(2)]
        assert [answer.result().status for answer in answers] == [504] * 2
    assert service.must_give_up()
    predictor.go_on.set()
    blocked.close()
    service.close()


def test_streams_have_a_limit_of_their_own(open_doors: OpenDoors) -> None:
    """Streams are limited below the threads of a server, so that ordinary requests still find a place."""
    service = service_of(dialects=[LINES], max_queue=2)
    doors = open_doors(service)
    with service.streams:
        answer = doors.send("POST", "/lines", LINE + b"\n", HEADERS)
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert doors.predict(car()).status == 200
    assert doors.send("POST", "/lines", LINE + b"\n", HEADERS).status == 200
