"""`Openers`: the threads that open versions, so that no request and no other model waits for an opening."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Final

from twinserve.service.telemetry.logs import log

MOST: Final = 4
"""Threads: so many openings that take long delay no other."""
Job = Callable[[], object]


class Openers:
    """A few threads, started when they are needed; at most one job for each model at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: SimpleQueue[tuple[str, Job, Future[None]] | None] = SimpleQueue()
        self._running: dict[str, Future[None]] = {}
        """By model: what is queued or runs."""
        self._threads: list[threading.Thread] = []

    def __contains__(self, model: str) -> bool:
        """Is a job of this model queued, or does it run?"""
        return model in self._running

    def start(self, model: str, job: Job) -> Future[None]:
        """Run a job of this model soon; returns when the one that is queued or runs is done, if there is one."""
        with self._lock:
            if (running := self._running.get(model)) is not None:
                return running
            future = self._running[model] = Future[None]()
            future.set_running_or_notify_cancel()  # Nobody who waits for it can cancel it for the others.
            self._jobs.put((model, job, future))
            if len(self._threads) < min(MOST, len(self._running)):
                thread = threading.Thread(target=self._run, name="opener", daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def stop(self, seconds: float) -> None:
        """Stop the threads. What runs gets this time to end, because an interpreter that exits during an opening
        crashes the process."""
        end = time.monotonic() + seconds
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, end - time.monotonic()))

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            model, work, future = job
            try:
                work()
            except Exception as error:  # Whatever a version raises, this thread goes on.
                log.error("opening failed", model=model, exc_info=error)
            finally:
                with self._lock:
                    self._running.pop(model, None)
                future.set_result(None)
