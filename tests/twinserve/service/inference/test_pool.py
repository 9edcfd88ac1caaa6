"""The pool: bounded, every job is settled, and waiting jobs of one version may be answered together."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from http import HTTPStatus

import pytest

from tests.threads import no_room_for_threads
from twinserve.predict.predictor import Predictions
from twinserve.predict.rendering import Warnings
from twinserve.service.background import NICENESS
from twinserve.service.http.problem import Problem
from twinserve.service.http.reply import Reply
from twinserve.service.inference import pool as pools
from twinserve.service.inference.job import Job
from twinserve.service.inference.pool import Pool
from twinserve.service.inference.question import Question
from twinserve.service.protocols.beside import Beside
from twinserve.service.protocols.dialect import NOTHING, Asked
from twinserve.signature.request.validator import Batch

REPLY = Reply(HTTPStatus.OK, b"")
PATIENCE = 20.0


class Held:
    """What a job does: it says that it has begun, and goes on when it may."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, _: bytes) -> Reply:
        """Wait, then answer."""
        self.begun.set()
        assert self.go_on.wait(PATIENCE)
        return REPLY


class FakeCodec:
    """A codec whose methods are never called."""

    def read(self, body: bytes, asked: Asked) -> Batch:
        """As a codec does."""
        raise NotImplementedError

    def write(self, batch: Batch, predictions: Predictions, warnings: Warnings, asked: Asked, beside: Beside) -> Reply:
        """As a codec does."""
        raise NotImplementedError


class Work:
    """A version that answers by a function, and records which questions were answered together."""

    def __init__(self, reply: Callable[[bytes], Reply], *, joining: bool = False, pause: float = 0.0) -> None:
        self._reply, self._joining, self._pause = reply, joining, pause
        self.together: list[list[bytes]] = []
        self.pauses = 0

    def joins(self, question: Question) -> bool:
        """Joins unless the body says that it goes alone."""
        return self._joining and not question.body.startswith(b"alone")

    def answer_all(self, jobs: Iterator[Job]) -> None:
        """Take all jobs, then settle each."""
        taken = list(jobs)
        self.together.append([job.question.body for job in taken])
        for job in taken:
            job.settle(partial(self._reply, job.question.body))

    def pause(self) -> float:
        """The given pause; counts the calls."""
        self.pauses += 1
        return self._pause


def asked(body: bytes) -> Question:
    """A question with this body."""
    return Question(body, NOTHING, FakeCodec(), "id", None)


def echo(body: bytes) -> Reply:
    """The body itself."""
    return Reply(HTTPStatus.OK, body)


class Gate:
    """A pool whose only thread is busy until the gate opens; later jobs wait."""

    def __init__(self, capacity: int) -> None:
        self.pool = Pool(1, capacity, PATIENCE)
        self._begun, self._open = threading.Event(), threading.Event()
        self._first = self.pool.submit(Work(self._wait), asked(b""))
        assert self._begun.wait(PATIENCE)

    def _wait(self, _: bytes) -> Reply:
        self._begun.set()
        assert self._open.wait(PATIENCE)
        return REPLY

    def open(self) -> None:
        """Let the work begin."""
        self._open.set()
        assert self._first.result(PATIENCE) is REPLY


def bodies(futures: list[Future[Reply]]) -> list[bytes]:
    """The bodies of the replies to these jobs."""
    return [future.result(PATIENCE).body for future in futures]


def test_a_prediction_comes_back() -> None:
    """The reply is what the version answers to the body."""
    pool = Pool(1, 1, PATIENCE)
    assert pool.submit(Work(echo), asked(b"x")).result(PATIENCE).body == b"x"
    pool.close()


def test_what_the_work_raises_comes_back_and_its_place_is_free_by_then() -> None:
    """An exception is set on the future after the place is released, also repeatedly in a pool with one place."""

    def fail(_: bytes) -> Reply:
        raise KeyError("x")

    pool = Pool(1, 1, PATIENCE)
    for _ in range(50):
        assert isinstance(pool.submit(Work(fail), asked(b"")).exception(PATIENCE), KeyError)
    pool.close()


@pytest.mark.parametrize("reply", [echo, None], ids=["answered", "given up"])
def test_nothing_of_a_request_stays_when_it_is_done(reply: Callable[[bytes], Reply] | None) -> None:
    """Body and version are freed without the garbage collector."""
    gate = Gate(2)
    work = Work(reply or echo)
    kept = weakref.ref(work)
    gc.disable()
    try:
        future = gate.pool.submit(work, asked(b"x"))
        if reply is None:
            assert future.cancel()
        gate.open()
        if reply is not None:
            assert future.result(PATIENCE).body == b"x"
        assert (
            gate.pool.submit(Work(echo), asked(b"y")).result(PATIENCE).body == b"y"
        )  # The thread is done with the first.
        del work, future
        assert kept() is None
    finally:
        gc.enable()
        gate.pool.close()


def test_stuck_is_when_every_thread_has_been_at_it_for_too_long() -> None:
    """The pool is stuck if all threads are in a call for too long, not if one is, and not after one returns."""
    pool, go_on = Pool(2, 4, PATIENCE), threading.Event()

    def wait(_: bytes) -> Reply:
        begun.release()
        assert go_on.wait(PATIENCE)
        return REPLY

    begun = threading.Semaphore(0)
    first = pool.submit(Work(wait), asked(b""))
    assert begun.acquire(timeout=PATIENCE)
    assert not pool.is_stuck(0)
    second = pool.submit(Work(wait), asked(b""))
    assert begun.acquire(timeout=PATIENCE)
    assert pool.is_stuck(0)
    assert not pool.is_stuck(PATIENCE)
    go_on.set()
    assert (first.result(PATIENCE), second.result(PATIENCE)) == (REPLY, REPLY)
    pool.close()


def test_stuck_is_also_when_one_step_has_been_at_it_for_too_long() -> None:
    """No other stream goes on before it ends, whatever other threads do."""
    pool, held = Pool(2, 4, PATIENCE), Held()
    step = pool.submit_step(Work(held), asked(b""))
    assert held.begun.wait(PATIENCE)
    assert bodies([pool.submit(Work(echo), asked(b"x"))]) == [b"x"]
    assert pool.is_stuck(0)
    assert not pool.is_stuck(PATIENCE)
    held.go_on.set()
    assert step.result(PATIENCE) is REPLY
    assert bodies([pool.submit_step(Work(echo), asked(b"y")), pool.submit(Work(echo), asked(b"z"))]) == [b"y", b"z"]
    pool.close()


def test_after_the_last_job_is_given_up_it_is_the_steps_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "STEP_AGE", PATIENCE)
    pool, held = Pool(1, 8, PATIENCE), Held()
    running = pool.submit(Work(held), asked(b""))
    assert held.begun.wait(PATIENCE)
    waiting = pool.submit(Work(echo), asked(b""))
    step = pool.submit_step(Work(echo), asked(b"x"))
    assert waiting.cancel()
    assert step.result(PATIENCE / 2).body == b"x"
    held.go_on.set()
    assert running.result(PATIENCE) is REPLY
    pool.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread has no priority of its own")
def test_a_step_lets_others_go_first() -> None:
    """Its thread has a lower priority than those for jobs, where the system lets it."""
    pool = Pool(1, 4, PATIENCE)

    def niceness(_: bytes) -> Reply:
        own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        return Reply(HTTPStatus.OK, str(own).encode())

    of_job = pool.submit(Work(niceness), asked(b"")).result(PATIENCE)
    of_step = pool.submit_step(Work(niceness), asked(b"")).result(PATIENCE)
    assert int(of_step.body) == min(int(of_job.body) + NICENESS, 19)  # The lowest that there is.
    pool.close()


def test_a_step_goes_on_though_jobs_always_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """It lets them pass for a while only."""
    monkeypatch.setattr(pools, "STEP_AGE", age := 0.3)
    pool, held = Pool(1, 8, PATIENCE), Held()
    jobs = [pool.submit(Work(held), asked(b"")) for _ in range(3)]
    begun, step = time.monotonic(), pool.submit_step(Work(echo), asked(b"x"))
    assert step.result(PATIENCE).body == b"x"
    assert time.monotonic() - begun >= age
    held.go_on.set()
    assert [job.result(PATIENCE) for job in jobs] == [REPLY] * 3
    pool.close()


def test_a_step_has_its_seconds_from_when_it_begins() -> None:
    """A step that waits for another stream's has all of them, unless what it waits for is stuck."""
    pool, held = Pool(2, 4, PATIENCE), Held()
    running = pool.submit_step(Work(held), asked(b""))
    assert held.begun.wait(PATIENCE)
    waiting = pool.submit_step(Work(echo), asked(b"x"))
    time.sleep(0.02)
    assert waiting.left(PATIENCE) == PATIENCE
    assert 0 < running.left(PATIENCE) < PATIENCE
    assert (waiting.left(0.01), running.left(0.01)) == (0, 0)
    held.go_on.set()
    assert bodies([running, waiting]) == [b"", b"x"]
    pool.close()


def test_capacity_counts_what_runs_and_what_waits() -> None:
    """With a capacity of two, a third job is 503 until one has ended."""
    gate = Gate(2)
    second = gate.pool.submit(Work(echo), asked(b"second"))
    with pytest.raises(Problem) as refused:
        gate.pool.submit(Work(echo), asked(b"third"))
    assert (refused.value.status, dict(refused.value.headers)) == (503, {"Retry-After": "1"})
    gate.open()
    assert bodies([second]) == [b"second"]
    gate.pool.close()


def test_a_closed_pool_refuses_and_finishes_what_it_took() -> None:
    """A closed pool refuses new jobs with 503 and finishes the accepted ones."""
    gate = Gate(3)
    taken = gate.pool.submit(Work(echo), asked(b"taken"))
    gate.pool.close()
    for _ in range(5):
        with pytest.raises(Problem, match="shutting down"):
            gate.pool.submit(Work(echo), asked(b"late"))
    gate.open()
    assert bodies([taken]) == [b"taken"]


@pytest.mark.parametrize("joining", [False, True])
def test_a_prediction_that_is_given_up_before_it_began_gives_its_place_back(joining: bool) -> None:
    """A cancelled job releases its place and is never answered, whether it is first or in between."""
    gate, work = Gate(3), Work(echo, joining=joining)
    for _ in range(5):
        assert gate.pool.submit(work, asked(b"given up")).cancel()
    first = gate.pool.submit(work, asked(b"first"))
    assert gate.pool.submit(work, asked(b"given up")).cancel()
    last = gate.pool.submit(work, asked(b"last"))
    gate.open()
    assert bodies([first, last]) == [b"first", b"last"]
    assert work.together == ([[b"first", b"last"]] if joining else [[b"first"], [b"last"]])
    gate.pool.close()


def test_nothing_stays_of_what_is_given_up() -> None:
    """The body of a cancelled job is freed while the model hangs."""
    gate = Gate(3)
    given_up = gate.pool.submit(Work(echo), asked(b"body"))
    assert len(gate.pool._waiting) == 1
    assert given_up.cancel()
    assert len(gate.pool._waiting) == 0
    gate.open()
    gate.pool.close()


def test_what_waits_is_answered_together() -> None:
    """All waiting jobs are answered together, in order."""
    gate, work = Gate(9), Work(echo, joining=True)
    sent = [b"%d" % number for number in range(8)]
    futures = [gate.pool.submit(work, asked(body)) for body in sent]
    gate.open()
    assert bodies(futures) == sent
    assert work.together == [sent]
    gate.pool.close()


def test_no_call_answers_two_versions_nor_what_must_go_alone() -> None:
    """Another version, or a job that cannot be joined, ends a group; the order is kept."""
    gate, old, new = Gate(9), Work(echo, joining=True), Work(echo, joining=True)
    order = [(old, b"a"), (old, b"b"), (new, b"c"), (new, b"alone"), (new, b"d"), (new, b"e")]
    futures = [gate.pool.submit(work, asked(body)) for work, body in order]
    gate.open()
    assert bodies(futures) == [body for _, body in order]
    assert old.together == [[b"a", b"b"]]
    assert new.together == [[b"c"], [b"alone"], [b"d", b"e"]]
    gate.pool.close()


def test_a_lone_request_is_never_held_back() -> None:
    """A single job is answered at once; no pause is asked for."""
    pool, work = Pool(1, 9, PATIENCE), Work(echo, joining=True, pause=PATIENCE)
    for _ in range(5):
        assert bodies([pool.submit(work, asked(b"lone"))]) == [b"lone"]
    assert work.pauses == 0
    pool.close()


def test_behind_several_the_thread_looks_for_as_many() -> None:
    """After several joined jobs the thread pauses, and answers those that came meanwhile together."""
    gate, work = Gate(9), Work(echo, joining=True, pause=0.5)
    for round_ in ([b"a", b"b"], [b"c", b"d"]):
        futures = [gate.pool.submit(work, asked(body)) for body in round_]
        gate.open()
        assert bodies(futures) == round_
    assert work.together == [[b"a", b"b"], [b"c", b"d"]]
    gate.pool.close()


def test_closing_ends_a_pause() -> None:
    """Closing ends a pause; waiting jobs are answered at once."""
    gate, work = Gate(9), Work(echo, joining=True, pause=10 * PATIENCE)
    several = [gate.pool.submit(work, asked(b"a")), gate.pool.submit(work, asked(b"b"))]
    gate.open()
    bodies(several)
    lone = gate.pool.submit(work, asked(b"c"))
    gate.pool.close()
    assert bodies([lone]) == [b"c"]


def test_a_version_that_fails_to_answer_fails_all_that_it_took() -> None:
    """All jobs of a failed call get the exception, and the thread goes on."""

    class Broken(Work):
        def answer_all(self, jobs: Iterator[Job]) -> None:
            job, *_ = jobs
            job.settle(partial(echo, job.question.body))
            raise SystemExit

    gate, work = Gate(9), Broken(echo, joining=True)
    first, second = gate.pool.submit(work, asked(b"first")), gate.pool.submit(work, asked(b"second"))
    gate.open()
    assert bodies([first]) == [b"first"]
    assert isinstance(second.exception(PATIENCE), SystemExit)
    assert bodies([gate.pool.submit(Work(echo), asked(b"next"))]) == [b"next"]
    gate.pool.close()


def test_without_room_for_its_first_thread_a_pool_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The place is free again, and once there is room the pool works."""
    pool = Pool(2, 1, PATIENCE)
    with no_room_for_threads(monkeypatch):
        for _ in range(3):
            with pytest.raises(Problem, match="no room for a thread") as raised:
                pool.submit(Work(echo), asked(b"x"))
            assert raised.value.status == 503
    assert bodies([pool.submit(Work(echo), asked(b"x"))]) == [b"x"]
    pool.close()


def test_without_room_for_another_thread_the_others_work_on(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool(2, 4, PATIENCE)
    assert bodies([pool.submit(Work(echo), asked(b"x"))]) == [b"x"]
    with no_room_for_threads(monkeypatch):
        assert bodies([pool.submit(Work(echo), asked(b"y"))]) == [b"y"]
    assert bodies([pool.submit(Work(echo), asked(b"z"))]) == [b"z"]
    pool.close()
