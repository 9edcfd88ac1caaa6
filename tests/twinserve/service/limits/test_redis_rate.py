"""Rate limits in a real Redis: one bucket for all workers, also after an outage."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from redis import Redis
from structlog.testing import capture_logs

from tests.stores import DEADLINE, Store, needs_redis
from tests.threads import no_room_for_threads
from twinserve.service.http.problem import Problem
from twinserve.service.limits import redis_rate
from twinserve.service.limits.redis_rate import RedisRate

pytestmark = needs_redis
Worker = Callable[..., RedisRate]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One Redis for all tests."""
    store = Store(tmp_path_factory.mktemp("redis"))
    yield store
    store.stop()


@pytest.fixture
def store(running: Store) -> Store:
    """A running, empty Redis."""
    if running.process.poll() is not None:
        running.restart()
    with Redis.from_url(running.url) as client:
        client.flushall()
    return running


@pytest.fixture
def worker(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """Makes the rate limit of one worker, with a long timeout for busy machines."""
    monkeypatch.setattr(redis_rate, "TIMEOUT", 5.0)
    monkeypatch.setattr(redis_rate, "PAUSE", 0.01)
    with ExitStack() as stack:

        def make(rate: float = 0.001, burst: int = 10, lost: Callable[[], object] = lambda: None) -> RedisRate:
            made = RedisRate(store.url, "cars:", rate, burst, lost)
            stack.callback(made.close)
            return made

        yield make


def passed(rate: RedisRate, times: int, caller: str = "a") -> int:
    """The number of these requests that are allowed; each refusal has a wait."""
    through = 0
    refused = list[tuple[int, bool]]()
    for _ in range(times):
        try:
            rate.take(caller)
        except Problem as problem:
            refused.append((int(problem.status), int(dict(problem.headers)["Retry-After"]) >= 1))
        else:
            through += 1
    assert set(refused) <= {(429, True)}
    return through


def test_all_workers_count_together(worker: Worker) -> None:
    """All workers share a caller's burst; another caller has its own."""
    one, other = worker(), worker()
    assert passed(one, 6) + passed(other, 6) + passed(one, 6) == 10
    assert passed(other, 20, "b") == 10


def test_counting_is_one_step(worker: Worker) -> None:
    """Counting is atomic among threads and workers."""
    workers = [worker(burst=100) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda number: passed(workers[number % 4], 50), range(8))) == 100


def test_the_bucket_fills_at_the_rate(worker: Worker) -> None:
    """A caller that waits as told is allowed."""
    rate = worker(rate=5.0, burst=1)
    started = time.monotonic()
    through = 0
    while through < 4:
        through += passed(rate, 1)
    assert time.monotonic() - started >= 0.95 * 3 / 5  # Redis has a clock of its own.


def test_the_store_forgets_callers_that_no_bucket_needs(worker: Worker, store: Store) -> None:
    """An entry expires when its bucket would be full again."""
    worker(rate=2.0, burst=4).take("a")
    with Redis.from_url(store.url) as client:
        assert client.keys() == [b"cars:a"]
        left = client.pttl("cars:a")
    assert isinstance(left, int)
    assert 0 < left <= 500


def test_a_clock_that_is_set_back_locks_nobody_out(worker: Worker, store: Store) -> None:
    """After the clock is set back, nobody waits longer than an empty bucket takes to fill."""
    with Redis.from_url(store.url) as client:
        client.set("cars:a", repr(time.time() + 1_000_000))
    with pytest.raises(Problem) as refused:
        worker(rate=1.0, burst=10).take("a")
    assert int(dict(refused.value.headers)["Retry-After"]) == 1


def test_without_its_store_a_worker_counts_for_itself(worker: Worker, store: Store) -> None:
    """A lost store is logged and counted once; with the store back all workers count together again."""
    lost: list[None] = []
    one = worker(lost=lambda: lost.append(None))
    assert passed(one, 3) == 3
    with capture_logs() as lines:
        store.stop()
        assert passed(one, 20) == 10
        assert [line["event"] for line in lines] == ["rate store lost"]
        assert len(lost) == 1
        store.restart()
        wait_until(lambda: "rate store found" in [line["event"] for line in lines])
    assert passed(one, 5) + passed(worker(), 20) == 10


def test_a_store_is_found_without_a_thread_that_looks_for_it(
    worker: Worker, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no thread can start, each request looks for the store."""
    one = worker()
    store.stop()
    with no_room_for_threads(monkeypatch):
        assert passed(one, 3) == 3
    store.restart()
    assert passed(one, 5) + passed(worker(), 20) == 10


def test_a_store_that_is_not_there_at_the_start_holds_nobody_up(worker: Worker, store: Store) -> None:
    """The service starts without the store, and uses it when it comes."""
    store.stop()
    with capture_logs() as lines:
        one = worker()
        assert passed(one, 20) == 10
        store.restart()
        wait_until(lambda: "rate store found" in [line["event"] for line in lines])
    assert passed(one, 20) == 10


def test_a_store_that_hangs_costs_each_worker_one_short_wait(
    worker: Worker, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that hangs counts as lost after one short timeout; further requests do not wait."""
    monkeypatch.setattr(redis_rate, "TIMEOUT", 0.2)
    one = worker(burst=1000)
    store.process.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert passed(one, 500) == 500
        assert time.monotonic() - started < 10  # One by one they would take 100 s.
    finally:
        store.process.send_signal(signal.SIGCONT)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds; fails after a timeout."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.01)
