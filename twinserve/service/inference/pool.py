"""A bounded pool of threads for slow predictions."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Final, Protocol

from twinserve.service.http.problem import shutting_down, unavailable
from twinserve.service.http.reply import Reply
from twinserve.service.inference.memory import give_back_memory
from twinserve.service.inference.question import Question
from twinserve.service.telemetry.logs import log

Free = Callable[[], None]
"""Releases a job's place in the pool."""
PAUSES: Final = 4
"""Maximum number of pauses in a row while jobs gather."""
LARGE: Final = 4 * 1024 * 1024
"""Bytes; after a body of this size free memory is returned, because reading it may take a hundred times as much."""


class Answering(Protocol):
    """What answers jobs: a `ModelVersion`, which this module must not import."""

    def joins(self, question: Question) -> bool:
        """Can this question be answered together with others?"""

    def answer_all(self, jobs: Iterator[Job]) -> None:
        """Settle the first job, and each further job that it takes from the iterator."""

    def pause(self) -> float:
        """Seconds to wait for more jobs; short compared with one call of the predictor."""


class PoolFuture(Future[Reply]):
    """The future of a reply from the pool; calls `give_up` when it is cancelled."""

    def __init__(self, give_up: Callable[[Future[Reply]], None]) -> None:
        super().__init__()
        self._give_up = give_up

    def cancel(self) -> bool:
        """Cancel the job; false if it is already running or done."""
        before = self.cancelled()
        now = super().cancel()
        if now and not before:
            self._give_up(self)
        return now


class Job:
    """A question that waits for its reply in the pool."""

    def __init__(
        self, version: Answering, question: Question, deadline: float, future: Future[Reply], free: Free
    ) -> None:
        self.version, self.question = version, question
        self.deadline = deadline
        """When the caller stops waiting, on the monotonic clock."""
        self.future = future
        self._free = free

    def settle(self, make: Callable[[], Reply]) -> None:
        """Set the reply that `make` returns, or the exception that it raises. The place is released first, because a
        caller that gets its reply may ask again at once."""
        try:
            reply = make()
        except Exception as error:  # The caller gets it; the thread goes on.
            self.fail(error)
        else:
            self._free()
            self.future.set_result(reply)

    def fail(self, error: BaseException) -> None:
        """Set an exception in place of a reply."""
        self._free()
        self.future.set_exception(error)


class Pool:
    """At most `capacity` predictions run or wait; one more is refused at once, so that waiting stays bounded.

    A free thread takes the first waiting job and offers its version all following jobs that can be answered together
    with it. Jobs are joined because they wait anyway: a single job is never held back. Only a thread that has just
    answered several jobs at once waits briefly for as many again, because most of their callers ask again at once.

    Its threads are daemons, unlike those of the standard library's executor: otherwise a prediction that never ends
    would keep the interpreter from exiting, and a server has only seconds to stop.
    """

    def __init__(self, threads: int, capacity: int, patience: float) -> None:
        """`patience`: seconds after which a caller stops waiting."""
        self._threads = threads
        self._unstarted = threads
        """Threads not started yet. The first starts with the first job, because a process may fork until then."""
        self._free = threading.BoundedSemaphore(capacity)
        self._patience = patience
        self._waiting: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._began: dict[int, float] = {}
        """When each busy thread began its call, on the monotonic clock, by thread id."""

    def submit(self, version: Answering, question: Question) -> Future[Reply]:
        """The future of the reply; raises `Problem` (503) if the pool is full or closed."""
        with self._changed:
            if self._closing.is_set():
                raise shutting_down()
            if not self._free.acquire(blocking=False):
                raise unavailable("The queue for predictions is full.")
            if self._unstarted:
                self._start()
            future = PoolFuture(self._forget)
            self._waiting.append(Job(version, question, time.monotonic() + self._patience, future, self._free.release))
            self._changed.notify()
        return future

    def _start(self) -> None:
        """Start one more thread, if the system has room for it; raises `Problem` (503) if the pool then has none."""
        try:
            threading.Thread(target=self._run, name="predict", daemon=True).start()
        except RuntimeError as error:
            log.error("no thread started", reason=str(error), running=self._threads - self._unstarted)
            if self._unstarted == self._threads:
                self._free.release()
                raise unavailable("The system has no room for a thread that predicts.") from None
        else:
            self._unstarted -= 1

    def close(self) -> None:
        """Accept no more jobs; those accepted are finished."""
        with self._changed:
            self._closing.set()
            self._changed.notify_all()

    def is_stuck(self, seconds: float) -> bool:
        """Has every thread been in one call for longer than `seconds`?"""
        began = list(self._began.values())
        return len(began) == self._threads and max(began) < time.monotonic() - seconds

    def _forget(self, future: Future[Reply]) -> None:
        """Drop a cancelled job: its place in the pool and its body are released."""
        with self._changed:
            self._waiting = deque(job for job in self._waiting if job.future is not future)
        self._free.release()

    def _run(self) -> None:
        while (size := self._work()) is not None:
            if size >= LARGE:
                give_back_memory()

    def _work(self) -> int | None:
        """Answer the next job and those joined to it; returns the size of their bodies in bytes, None when the pool is
        closed. A function of its own, so that a waiting thread holds no body."""
        first = self._first()
        if first is None:
            return None
        taken: list[Job] = []
        self._began[threading.get_ident()] = time.monotonic()
        try:
            first.version.answer_all(self._take(first, taken))
        except BaseException as error:
            for job in taken:
                if not job.future.done():
                    job.fail(error)
        finally:
            del self._began[threading.get_ident()]
        if len(taken) > 1:
            self._gather(len(taken), first.version.pause())
        return sum(len(job.question.body) for job in taken)

    def _gather(self, number: int, pause: float) -> None:
        """Wait until `number` jobs wait, for as long as each pause brings more of them."""
        before = -1
        for _ in range(PAUSES):
            now = len(self._waiting)
            if not before < now < number or self._closing.wait(pause):
                return
            before = now

    def _first(self) -> Job | None:
        """The job that has waited longest, once there is one; None if the pool is closed and empty."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing.is_set())
                if not self._waiting:
                    return None
                job = self._waiting.popleft()
            if job.future.set_running_or_notify_cancel():
                return job

    def _take(self, first: Job, taken: list[Job]) -> Iterator[Job]:
        """The first job and those right after it that can join it; each one is added to `taken`."""
        job: Job | None = first
        while job is not None:
            taken.append(job)
            yield job
            job = self._next_joining(first)

    def _next_joining(self, first: Job) -> Job | None:
        """The next waiting job, if it can be answered together with the first."""
        version = first.version
        while version.joins(first.question):
            with self._changed:
                if not (self._waiting and self._waiting[0].version is version):
                    return None
                if not version.joins(self._waiting[0].question):
                    return None
                job = self._waiting.popleft()
            if job.future.set_running_or_notify_cancel():
                return job
        return None
