"""A bounded pool for predictions that would make others wait."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Final, Protocol

from twinserve.service.http.problem import unavailable
from twinserve.service.http.reply import Reply
from twinserve.service.inference.memory import give_back_memory
from twinserve.service.inference.question import Question

Free = Callable[[], None]
"""Gives a place back."""
PAUSES: Final = 4
"""Most pauses in a row."""
LARGE: Final = 4 * 1024 * 1024
"""Bytes of a body behind which memory is given back: it may have taken a hundred times as much for a moment."""


class Answering(Protocol):
    """What answers jobs: a `ModelVersion`, which this module must not know."""

    def joins(self, question: Question) -> bool:
        """May this question be answered together with others?"""

    def answer_all(self, jobs: Iterator[Job]) -> None:
        """Settle the first job, and each of the others that is taken from the iterator."""

    def pause(self) -> float:
        """Seconds that are little beside an answer."""


class Awaited(Future[Reply]):
    """A reply that is waited for; whoever gives it up says so."""

    def __init__(self, give_up: Callable[[Future[Reply]], None]) -> None:
        super().__init__()
        self._give_up = give_up

    def cancel(self) -> bool:
        """Wait no longer; false where it is too late for that."""
        before = self.cancelled()
        now = super().cancel()
        if now and not before:
            self._give_up(self)
        return now


class Job:
    """A question that waits for its reply."""

    def __init__(
        self, version: Answering, question: Question, deadline: float, future: Future[Reply], free: Free
    ) -> None:
        self.version, self.question = version, question
        self.deadline = deadline
        """When nobody waits any more, on the monotonic clock."""
        self.future = future
        self._free = free

    def settle(self, make: Callable[[], Reply]) -> None:
        """The reply is what this gives, or what it raises. The place is free first: who is told may come again."""
        try:
            reply = make()
        except Exception as error:  # Whoever waits is told, and the thread lives on.
            self.fail(error)
        else:
            self._free()
            self.future.set_result(reply)

    def fail(self, error: BaseException) -> None:
        """There is no reply, for this reason."""
        self._free()
        self.future.set_exception(error)


class Pool:
    """At most `capacity` predictions run or wait; one more is refused at once, so that waiting stays bounded.

    A thread that becomes free offers the version of the first waiting job all jobs behind it that may be answered
    together with it. Requests join because they wait; a lone one is never held back to be joined. Only a thread that
    has just answered several, most of whose callers ask again at once, looks for as many before it goes on.

    Its threads are daemons, which the standard library's executor has no way to say: the interpreter would wait at its
    end for a prediction that never ends, and a server has seconds to stop.
    """

    def __init__(self, threads: int, capacity: int, patience: float) -> None:
        """`patience` is how many seconds a submitter waits at most."""
        self._threads = threads
        self._unstarted = threads
        """Threads to start yet; none is started before there is work, as a process may fork until then."""
        self._free = threading.BoundedSemaphore(capacity)
        self._patience = patience
        self._waiting: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._began: dict[int, float] = {}
        """When each busy thread began its call, on the monotonic clock."""

    def submit(self, version: Answering, question: Question) -> Future[Reply]:
        """The prediction's future; raises `Problem` (503) when the pool is full or closed."""
        with self._changed:
            if self._closing.is_set():
                raise unavailable("The service is shutting down.")
            if not self._free.acquire(blocking=False):
                raise unavailable("All places for predictions are taken.")
            future = Awaited(self._forget)
            self._waiting.append(Job(version, question, time.monotonic() + self._patience, future, self._free.release))
            self._changed.notify()
            if self._unstarted:
                self._unstarted -= 1
                threading.Thread(target=self._run, name="predict", daemon=True).start()
        return future

    def close(self) -> None:
        """Take no more work; what was taken goes on to its end."""
        with self._changed:
            self._closing.set()
            self._changed.notify_all()

    def is_stuck(self, seconds: float) -> bool:
        """Has every thread been at one call for longer than this?"""
        began = list(self._began.values())
        return len(began) == self._threads and max(began) < time.monotonic() - seconds

    def _forget(self, future: Future[Reply]) -> None:
        """This reply was given up: nothing of its job stays, neither its place nor its body."""
        with self._changed:
            self._waiting = deque(job for job in self._waiting if job.future is not future)
        self._free.release()

    def _run(self) -> None:
        while (size := self._work()) is not None:
            if size >= LARGE:
                give_back_memory()

    def _work(self) -> int | None:
        """Answer the next job, and those that may join it; gives the bytes of their bodies, None at the end. A thread
        that waits holds none."""
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
        """Wait until so many wait, as long as with every pause there are more of them."""
        before = -1
        for _ in range(PAUSES):
            now = len(self._waiting)
            if not before < now < number or self._closing.wait(pause):
                return
            before = now

    def _first(self) -> Job | None:
        """The job that has waited longest, once there is one; None when the pool is closed and empty."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing.is_set())
                if not self._waiting:
                    return None
                job = self._waiting.popleft()
            if job.future.set_running_or_notify_cancel():
                return job

    def _take(self, first: Job, taken: list[Job]) -> Iterator[Job]:
        """The first job, and those right behind it that may join it; whatever is asked for is noted as taken."""
        job: Job | None = first
        while job is not None:
            taken.append(job)
            yield job
            job = self._follower(first)

    def _follower(self, first: Job) -> Job | None:
        """The next job that waits, if it and the first one may be answered together."""
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
