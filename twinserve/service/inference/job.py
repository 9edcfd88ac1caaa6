"""`Job`: a question that waits in the pool for its reply."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Protocol

from twinserve.service.http.reply import Reply
from twinserve.service.inference.question import Question

Free = Callable[[], None]
"""Releases a job's place in the pool."""


class AnswersJobs(Protocol):
    """What answers jobs: a `ModelVersion`, which this module must not import."""

    def joins(self, question: Question) -> bool:
        """Can this question be answered together with others?"""

    def answer_all(self, jobs: Iterator[Job]) -> None:
        """Settle the first job, and each further job that it takes from the iterator."""

    def pause(self) -> float:
        """Seconds to wait for more jobs; short compared with one call of the predictor."""


class PoolFuture(Future[Reply]):
    """The future of a reply from the pool; calls `give_up` when it is cancelled."""

    def __init__(self, give_up: Callable[[Future[Reply]], None], is_stuck: Callable[[float], bool]) -> None:
        """`is_stuck`: does everything in the pool wait for what has run for longer than these seconds?"""
        super().__init__()
        self._give_up, self._is_stuck = give_up, is_stuck
        self._began: float | None = None

    def set_running_or_notify_cancel(self) -> bool:
        """Called when its job is next; remembers when that was."""
        self._began = time.monotonic()
        return super().set_running_or_notify_cancel()

    def left(self, seconds: float) -> float:
        """How long to wait for the job now, if it may run for `seconds` and waits for others before; 0: no longer."""
        if self._began is None:
            return 0.0 if self._is_stuck(seconds) else seconds
        return max(0.0, self._began + seconds - time.monotonic())

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
        self,
        version: AnswersJobs,
        question: Question,
        deadline: float,
        future: Future[Reply],
        free: Free,
        *,
        is_step: bool = False,
    ) -> None:
        self.version, self.question = version, question
        self.deadline = deadline
        """When the caller stops waiting, on the monotonic clock."""
        self.future = future
        self._free = free
        self.is_step = is_step
        """Is it a step of a stream?"""

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
