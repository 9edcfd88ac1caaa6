"""The pool: bounded, and never silent."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from functools import partial
from http import HTTPStatus

import pytest

from service.pool import Pool
from service.problem import Problem
from service.reply import Reply

REPLY = Reply(HTTPStatus.OK, b"")
PATIENCE = 20.0


def test_a_prediction_comes_back() -> None:
    """What the work gives, for the body that was given."""
    pool = Pool(1, 1)
    assert pool.submit(lambda body: Reply(HTTPStatus.OK, body), b"x").result(PATIENCE).body == b"x"
    pool.close()


def tell(event: threading.Event, _: Future[Reply]) -> None:
    """That a future is done."""
    event.set()


def test_what_the_work_raises_comes_back_and_frees_its_place() -> None:
    """Again and again."""

    def fail(_: bytes) -> Reply:
        raise KeyError("x")

    pool = Pool(1, 1)
    for _ in range(5):
        freed = threading.Event()
        future = pool.submit(fail, b"")
        future.add_done_callback(partial(tell, freed))  # Called behind the pool's own.
        assert isinstance(future.exception(PATIENCE), KeyError)
        assert freed.wait(PATIENCE)
    pool.close()


def test_capacity_counts_what_runs_and_what_waits() -> None:
    """Two places: the third is refused with 503 until one has ended."""
    pool, go_on = Pool(1, 2), threading.Event()

    def wait(_: bytes) -> Reply:
        assert go_on.wait(PATIENCE)
        return REPLY

    first, second = pool.submit(wait, b""), pool.submit(wait, b"")
    with pytest.raises(Problem) as refused:
        pool.submit(wait, b"")
    assert (refused.value.status, dict(refused.value.headers)) == (503, {"Retry-After": "1"})
    go_on.set()
    assert {first.result(PATIENCE), second.result(PATIENCE)} == {REPLY}
    pool.close()


def test_a_closed_pool_refuses_and_finishes_what_it_took() -> None:
    """503, not a fault; nothing that was taken is dropped."""
    pool, go_on = Pool(1, 3), threading.Event()

    def wait(_: bytes) -> Reply:
        assert go_on.wait(PATIENCE)
        return REPLY

    taken = [pool.submit(wait, b"") for _ in range(2)]
    pool.close()
    for _ in range(5):
        with pytest.raises(Problem, match="shutting down"):
            pool.submit(wait, b"")
    go_on.set()
    assert [future.result(PATIENCE) for future in taken] == [REPLY, REPLY]


def test_a_prediction_that_is_given_up_before_it_began_gives_its_place_back() -> None:
    """And is never made."""
    pool, go_on = Pool(1, 2), threading.Event()
    made: list[bytes] = []

    def wait(body: bytes) -> Reply:
        assert go_on.wait(PATIENCE)
        made.append(body)
        return REPLY

    running = pool.submit(wait, b"first")
    assert pool.submit(wait, b"given up").cancel()
    last = pool.submit(wait, b"last")
    go_on.set()
    assert {running.result(PATIENCE), last.result(PATIENCE)} == {REPLY}
    assert made == [b"first", b"last"]
    pool.close()
