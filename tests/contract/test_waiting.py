"""While predictions are slow, other requests do not wait, queues stay bounded, and a shutdown loses no request."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from tests.doors import DOORS, Door
from twinserve.explain.explainer import Values
from twinserve.service.service import Service
from twinserve.signature import Columns
from twinserve.testing.answer import Answer
from twinserve.testing.client import JSON
from twinserve.testing.fake_explainer import FakeExplainer
from twinserve.testing.fakes import PATIENCE, BlockedPredictor, FakePredictor, car, opened, service_of

INSTANCE = json.dumps(car()).encode()


class Stage:
    """One door over a service whose predictions block until they are let go."""

    def __init__(self, door: str, service: Service, predictor: BlockedPredictor, clients: ThreadPoolExecutor) -> None:
        self.service, self.predictor = service, predictor
        self.door: Door = DOORS[door](service)
        self._clients = clients

    def predict(self) -> Answer:
        """Send a prediction request and wait for the answer."""
        return self.door.send("POST", "/predict", INSTANCE, JSON)

    def begin(self) -> Future[Answer]:
        """Start a prediction request."""
        return self._clients.submit(self.predict)

    def begin_and_wait(self) -> Future[Answer]:
        """Start a prediction request, and wait until the predictor runs."""
        answer = self.begin()
        assert self.predictor.begun.acquire(timeout=PATIENCE)
        return answer


@pytest.fixture(params=DOORS)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """One prediction thread, and a capacity of two."""
    predictor = BlockedPredictor()
    service = service_of(predictor, threads=1, max_queue=2)
    with ThreadPoolExecutor(8) as clients:
        made = Stage(request.param, service, predictor, clients)
        yield made
        predictor.go_on.set()
    made.door.close()
    service.close()


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds; fails after a timeout."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline


def test_health_answers_at_once_while_a_prediction_runs(stage: Stage) -> None:
    """Health and documents answer while the only thread predicts; `tests/servers` has the time that they take."""
    slow = stage.begin_and_wait()
    for path, status in (("/health/live", 200), ("/health/ready", 200), ("/schema", 200), ("/nowhere", 404)):
        assert stage.door.send("GET", path).status == status
    assert not slow.done()
    stage.predictor.go_on.set()
    assert slow.result(PATIENCE).status == 200


def test_a_full_pool_refuses_at_once(stage: Stage) -> None:
    """One runs, one waits, the third is 503 with Retry-After; when there is room again, it is 200."""
    running = stage.begin_and_wait()
    waiting = stage.begin()
    third = stage.begin()
    wait_for(lambda: third.done() or waiting.done())
    full = third if third.done() else waiting
    answer = full.result()
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) >= 1
    stage.predictor.go_on.set()
    assert running.result(PATIENCE).status == 200
    assert {third.result(PATIENCE).status, waiting.result(PATIENCE).status} == {200, 503}
    assert stage.predict().status == 200


def test_malformed_is_refused_for_being_early_not_for_being_wrong_when_the_pool_is_full(stage: Stage) -> None:
    """With a full pool 503 comes before 400 and 422: the body is not parsed."""
    stage.begin_and_wait()
    others = [stage.begin(), stage.begin()]
    wait_for(lambda: any(other.done() for other in others))
    assert stage.door.send("POST", "/predict", b"{", JSON).status == 503


def test_a_timed_out_prediction_gives_its_place_back_when_it_ends(stage: Stage) -> None:
    """After a 504 the place is released when the prediction ends; then the next request is served."""
    predictor = BlockedPredictor()
    service = service_of(predictor, threads=1, max_queue=1, predict_timeout=0.05)
    door = DOORS[stage.door.name](service)
    assert door.send("POST", "/predict", INSTANCE, JSON).status == 504
    assert door.send("POST", "/predict", INSTANCE, JSON).status == 503
    predictor.go_on.set()
    wait_for(lambda: door.send("POST", "/predict", INSTANCE, JSON).status == 200)
    door.close()
    service.close()


def test_draining_is_not_ready_but_still_answers(stage: Stage) -> None:
    """A draining service is not ready, so that a load balancer avoids it, and still answers."""
    stage.predictor.go_on.set()
    stage.service.drain()
    answer = stage.door.send("GET", "/health/ready")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert stage.door.send("GET", "/health/live").status == 200
    assert stage.predict().status == 200


def test_closing_answers_what_was_taken_and_refuses_the_rest(stage: Stage) -> None:
    """The running and the waiting prediction are 200; others, and later ones, are 503."""
    running, waiting = stage.begin_and_wait(), stage.begin()
    filler = stage.begin()
    wait_for(lambda: waiting.done() or filler.done())
    stage.service.close()
    assert stage.predict().status == 503
    stage.predictor.go_on.set()
    assert running.result(PATIENCE).status == 200
    assert sorted(one.result(PATIENCE).status for one in (waiting, filler)) == [200, 503]


class Dawdling(FakeExplainer):
    """Takes a while for each row, and counts the rows."""

    is_quick = False
    rows = 0

    def explain(self, columns: Columns, classes: Sequence[int] | None) -> Values:
        self.rows += len(columns)
        Event().wait(0.1 * len(columns))
        return super().explain(columns, classes)


@pytest.mark.parametrize("door", DOORS)
def test_explanations_that_nobody_waits_for_end(door: str) -> None:
    """504, and soon the thread is free again: a process whose threads are all busy for longer is taken for stuck."""
    explainer = Dawdling(FakePredictor())
    service = service_of(opened(FakePredictor(), explainer=explainer), threads=1, predict_timeout=1.0)
    opened_door = DOORS[door](service)
    body = json.dumps([car()] * 1000).encode()
    answer = opened_door.send("POST", "/explain", body, JSON)
    assert (answer.status, answer.json()["type"]) == (504, "urn:twinserve:problem:prediction-timeout")
    assert not service.must_give_up()
    assert 1 < explainer.rows < 40
    few = opened_door.send("POST", "/explain", json.dumps([car()] * 3).encode(), JSON)
    assert (few.status, len(few.json()["predictions"])) == (200, 3)
    opened_door.close()
    service.close()
