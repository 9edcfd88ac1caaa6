"""Requests that wait for a slow model are answered by one call, each as if it had come alone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.doors import DOORS
from twinserve.predict.predictor import Predictions
from twinserve.signature import Columns
from twinserve.testing.answer import Answer
from twinserve.testing.client import JSON, REQUEST_ID
from twinserve.testing.fakes import PATIENCE, BlockedPredictor, PickyPredictor, car, service_of

HEADERS = {**JSON, "X-Request-Id": REQUEST_ID}
BODIES: Sequence[Any] = [car(age=1), [car(age=2), car(age=3)], car(city="Rome"), car(age=40), [car()] * 3]
"""A single one, several, and some that earn warnings."""
OLD = car(age=60)
"""What the picky predictor refuses."""
Make = Callable[..., "Crowd"]


class BlockedPicky(BlockedPredictor):
    """A predictor that blocks, and refuses old cars."""

    def predict(self, columns: Columns) -> Predictions:
        """The prediction, once it is let go."""
        super().predict(columns)
        return PickyPredictor().predict(columns)


class Crowd:
    """A door whose only prediction thread is busy, and clients that wait for it."""

    def __init__(self, door: str, clients: ThreadPoolExecutor, **changes: Any) -> None:
        self.predictor = BlockedPicky()
        self._clients = clients
        self._service = service_of(self.predictor, threads=1, **changes)
        self._door = DOORS[door](self._service)
        self.first = self.begin(car())
        assert self.predictor.begun.acquire(timeout=PATIENCE)

    def ask(self, body: Any) -> Answer:
        """Send one request, bytes or a JSON value, and wait for its answer."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._door.send("POST", "/predict", content, HEADERS)

    def begin(self, body: Any) -> Future[Answer]:
        """Start one request."""
        return self._clients.submit(self.ask, body)

    def gather(self, bodies: Sequence[Any]) -> list[Future[Answer]]:
        """Start requests; returns when all of them wait."""
        waiting = [self.begin(body) for body in bodies]
        deadline = time.monotonic() + PATIENCE
        while len(self._service._pool._waiting) < len(bodies):
            assert time.monotonic() < deadline
        return waiting

    def let_go(self, waiting: Sequence[Future[Answer]]) -> list[Answer]:
        """Let the predictor go on; the answers to all requests."""
        self.predictor.go_on.set()
        assert self.first.result(PATIENCE).status == 200
        return [answer.result(PATIENCE) for answer in waiting]

    def close(self) -> None:
        """Let the predictor go on and close the door."""
        self.predictor.go_on.set()
        self._door.close()
        self._service.close()


@pytest.fixture(params=DOORS)
def crowd(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a `Crowd` at a door."""
    made: list[Crowd] = []
    with ThreadPoolExecutor(16) as clients:

        def make(**changes: Any) -> Crowd:
            made.append(Crowd(request.param, clients, **changes))
            return made[-1]

        yield make
        for one in made:
            one.close()


def test_a_joined_request_is_answered_as_if_it_had_come_alone(crowd: Make) -> None:
    """One call answers all waiting requests, with the bytes that each gets alone."""
    stage = crowd()
    answers = stage.let_go(stage.gather(BODIES))
    assert stage.predictor.rows == [1, 8]
    assert [answer.comparable() for answer in answers] == [stage.ask(body).comparable() for body in BODIES]


def test_a_request_that_is_wrong_fails_alone(crowd: Make) -> None:
    """A malformed, invalid or unpredictable request gets its own 400 or 422; the others get 200."""
    stage = crowd()
    answers = stage.let_go(stage.gather([car(), b"{", [car(), OLD], {}, car(age=5)]))
    assert [answer.status for answer in answers] == [200, 400, 422, 422, 200]
    assert [error["pointer"] for error in answers[2].json()["errors"]] == ["/1"]
    assert answers[4].comparable() == stage.ask(car(age=5)).comparable()


def test_without_batching_each_request_is_a_call(crowd: Make) -> None:
    """With `batching=False` each request is a call of its own."""
    stage = crowd(batching=False)
    assert {answer.status for answer in stage.let_go(stage.gather([car()] * 4))} == {200}
    assert stage.predictor.rows == [1] * 5


def test_a_long_body_is_not_joined(crowd: Make) -> None:
    """A request from 64 KiB on is predicted alone, so that others need not wait for its rows."""
    stage = crowd()
    assert {answer.status for answer in stage.let_go(stage.gather([car(), [car()] * 400, car()]))} == {200}
    assert sorted(stage.predictor.rows) in ([1, 1, 1, 400], [1, 2, 400])


def test_who_waited_too_long_is_told_and_not_predicted(crowd: Make) -> None:
    """While a call hangs, waiting requests get 504; later ones are answered."""
    stage = crowd(predict_timeout=1.0)
    answers = [answer.result(PATIENCE) for answer in stage.gather([car()] * 3)]
    assert [stage.first.result(PATIENCE).status, *(answer.status for answer in answers)] == [504] * 4
    stage.predictor.go_on.set()
    deadline = time.monotonic() + PATIENCE
    while stage.ask(car()).status != 200:
        assert time.monotonic() < deadline
    assert max(stage.predictor.rows) == 1


def test_the_metrics_say_how_many_are_joined(crowd: Make) -> None:
    """A histogram counts the requests of each call."""
    stage = crowd()
    stage.let_go(stage.gather([car()] * 3))
    text = stage._door.send("GET", "/metrics").body.decode()
    assert "twinserve_joined_requests_sum 4.0" in text
    assert "twinserve_joined_requests_count 2.0" in text


def test_one_more_than_may_wait_is_refused(crowd: Make) -> None:
    """One request too many gets 503 with Retry-After at once; the waiting ones are answered."""
    stage = crowd(max_queue=3)
    waiting = stage.gather([car(), car()])
    refused = stage.ask(car())
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert {answer.status for answer in stage.let_go(waiting)} == {200}
