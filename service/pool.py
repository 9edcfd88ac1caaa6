"""A bounded pool for predictions that would make others wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from service.problem import unavailable
from service.reply import Reply


class Pool:
    """At most `capacity` predictions run or wait; one more is refused at once, so that waiting stays bounded."""

    def __init__(self, threads: int, capacity: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="predict")
        self._free = threading.BoundedSemaphore(capacity)

    def submit(self, predict: Callable[[bytes], Reply], body: bytes) -> Future[Reply]:
        """The prediction's future; raises `Problem` (503) when the pool is full."""
        if not self._free.acquire(blocking=False):
            raise unavailable("All places for predictions are taken.")
        try:
            future = self._executor.submit(predict, body)
        except RuntimeError:  # Closed a moment ago.
            self._free.release()
            raise unavailable("The service is shutting down.") from None
        future.add_done_callback(lambda _: self._free.release())
        return future

    def close(self) -> None:
        """Take no more work; what was taken goes on to its end."""
        self._executor.shutdown(wait=False)
