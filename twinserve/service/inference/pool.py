"""A bounded pool of threads for slow predictions."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from typing import Final

from twinserve.service.background import let_others_go_first
from twinserve.service.http.problem import Problem, shutting_down, unavailable
from twinserve.service.http.reply import Reply
from twinserve.service.inference.job import AnswersJobs, Free, Job, PoolFuture
from twinserve.service.inference.memory import give_back_memory
from twinserve.service.inference.question import Question
from twinserve.service.telemetry.logs import log

PAUSES: Final = 4
"""Maximum number of pauses in a row while jobs gather."""
STEP_AGE: Final = 0.1
"""Seconds that a step of a stream lets others pass; then it is next, so that streams go on where no thread is free."""
LARGE: Final = 4 * 1024 * 1024
"""Bytes; after a body of this size free memory is returned, because reading it may take a hundred times as much."""


class Pool:
    """At most `capacity` predictions run or wait; one more is refused at once, so that waiting stays bounded.

    A free thread takes the first waiting job and offers its version all following jobs that can be answered together
    with it. Jobs are joined because they wait anyway: a single job is never held back. Only a thread that has just
    answered several jobs at once waits briefly for as many again, because most of their callers ask again at once.

    Steps of streams are jobs that let others pass. Each stream has one at a time, so they count by the streams, not
    against `capacity`: a stream under way is never cut off because others ask much. They have a thread of their own,
    of low priority, so that neither it nor what it waits for delays who waits for a processor.

    Its threads are daemons, unlike those of the standard library's executor: otherwise a prediction that never ends
    would keep the interpreter from exiting, and a server has only seconds to stop.
    """

    def __init__(self, threads: int, capacity: int, patience: float) -> None:
        """`patience`: seconds after which a caller stops waiting."""
        self._threads = threads
        self._unstarted = threads
        """Threads not started yet. The first starts with the first job, because a process may fork until then."""
        self._can_step = False
        """Has the thread for steps started?"""
        self._free = threading.BoundedSemaphore(capacity)
        self._patience = patience
        self._waiting: deque[Job] = deque()
        self._steps: deque[Job] = deque()
        self._stepping_since: float | None = None
        """When the running step began. One at a time: they compute in Python, and each more would make the event loop
        wait longer for its turn."""
        lock = threading.RLock()
        self._changed, self._step_changed = threading.Condition(lock), threading.Condition(lock)
        """For the threads that wait for jobs, and for the one that waits for steps."""
        self._closing = threading.Event()
        self._began: dict[int, float] = {}
        """When each busy thread began its call, on the monotonic clock, by thread id."""

    def submit(self, version: AnswersJobs, question: Question) -> Future[Reply]:
        """The future of the reply; raises `Problem` (503) if the pool is full or closed."""
        with self._changed:
            if self._closing.is_set():
                raise shutting_down()
            if not self._free.acquire(blocking=False):
                raise unavailable("The queue for predictions is full.")
            if self._unstarted:
                self._start_another(self._free.release)
            future = PoolFuture(self._forget, self.is_stuck)
            self._waiting.append(Job(version, question, time.monotonic() + self._patience, future, self._free.release))
            self._changed.notify()
        return future

    def submit_step(self, step: AnswersJobs, question: Question) -> PoolFuture:
        """The future of a step of a stream; raises `Problem` (503) if the pool is closed."""
        with self._changed:
            if self._closing.is_set():
                raise shutting_down()
            if not self._can_step and not self._start("step", self._run_steps):
                raise no_thread()
            self._can_step = True
            future = PoolFuture(self._forget_step, self.is_stuck)
            job = Job(step, question, time.monotonic() + self._patience, future, lambda: None, is_step=True)
            self._steps.append(job)
            self._step_changed.notify()
        return future

    def _start_another(self, free: Free) -> None:
        """Start one more thread for jobs, if the system has room for it; raises `Problem` (503) if the pool then has
        none, and releases the place of the job that it was for."""
        if self._start("predict", partial(self._run, self._first)):
            self._unstarted -= 1
        elif self._unstarted == self._threads:
            free()
            raise no_thread()

    def _start(self, name: str, run: Callable[[], None]) -> bool:
        """Start a thread; has the system room for it?"""
        try:
            threading.Thread(target=run, name=name, daemon=True).start()
        except RuntimeError as error:
            log.error("no thread started", reason=str(error), thread=name)
            return False
        return True

    def close(self) -> None:
        """Accept no more jobs; those accepted are finished."""
        with self._changed:
            self._closing.set()
            self._changed.notify_all()
            self._step_changed.notify_all()

    def is_stuck(self, seconds: float) -> bool:
        """Has every thread been in one call for longer than `seconds`, or a step, for which all streams wait?"""
        since, long_ago = self._stepping_since, time.monotonic() - seconds
        if since is not None and since < long_ago:
            return True
        began = list(self._began.values())
        return len(began) == self._threads and max(began) < long_ago

    def _forget(self, future: Future[Reply]) -> None:
        """Drop a cancelled job: its place in the pool and its body are released."""
        with self._changed:
            self._waiting = deque(job for job in self._waiting if job.future is not future)
            self._pass_on()
        self._free.release()

    def _forget_step(self, future: Future[Reply]) -> None:
        """Drop a cancelled step."""
        with self._changed:
            self._steps = deque(job for job in self._steps if job.future is not future)

    def _run_steps(self) -> None:
        let_others_go_first()
        self._run(self._first_step)

    def _run(self, next_job: Callable[[], Job | None]) -> None:
        while (size := self._work(next_job)) is not None:
            if size >= LARGE:
                give_back_memory()

    def _work(self, next_job: Callable[[], Job | None]) -> int | None:
        """Answer the next job and those joined to it; returns the size of their bodies in bytes, None when the pool is
        closed. A function of its own, so that a waiting thread holds no body."""
        first = next_job()
        if first is None:
            return None
        taken: list[Job] = []
        if not first.is_step:
            self._began[threading.get_ident()] = time.monotonic()
        try:
            first.version.answer_all(self._take(first, taken))
        except BaseException as error:
            for job in taken:
                if not job.future.done():
                    job.fail(error)
        finally:
            if first.is_step:
                self._stepping_since = None
            else:
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
                job = self._pop()
            if job.future.set_running_or_notify_cancel():
                return job

    def _pop(self) -> Job:
        """Take the next waiting job."""
        job = self._waiting.popleft()
        self._pass_on()
        return job

    def _pass_on(self) -> None:
        """After the last waiting job it is the steps' turn."""
        if self._steps and not self._waiting:
            self._step_changed.notify()

    def _first_step(self) -> Job | None:
        """The step that has waited longest, once no job waits or it has let them pass for long enough; None if the pool
        is closed and has none."""
        while True:
            with self._step_changed:
                while not self._steps or (self._waiting and not self._is_old(self._steps[0])):
                    if self._closing.is_set() and not self._steps:
                        return None
                    self._step_changed.wait(STEP_AGE if self._steps else None)
                job = self._steps.popleft()
                self._stepping_since = time.monotonic()
            if job.future.set_running_or_notify_cancel():
                return job
            self._stepping_since = None

    def _is_old(self, step: Job) -> bool:
        return step.deadline - self._patience < time.monotonic() - STEP_AGE

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
                job = self._pop()
            if job.future.set_running_or_notify_cancel():
                return job
        return None


def no_thread() -> Problem:
    """503: no thread can be started, and none is there."""
    return unavailable("The system has no room for a thread that predicts.")
