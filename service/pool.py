"""A bounded pool for predictions that would make others wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue

from service.problem import unavailable
from service.reply import Reply

Predict = Callable[[bytes], Reply]
Work = tuple[Future[Reply], Predict, bytes]


class Pool:
    """At most `capacity` predictions run or wait; one more is refused at once, so that waiting stays bounded.

    Its threads are daemons, which the standard library's executor has no way to say: the interpreter would wait at its
    end for a prediction that never ends, and a server has seconds to stop.
    """

    def __init__(self, threads: int, capacity: int) -> None:
        self._unstarted = threads
        """Threads to start yet; none is started before there is work, as a process may fork until then."""
        self._threads = threads
        self._free = threading.BoundedSemaphore(capacity)
        self._work: SimpleQueue[Work | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, predict: Predict, body: bytes) -> Future[Reply]:
        """The prediction's future; raises `Problem` (503) when the pool is full or closed."""
        with self._lock:
            if self._closed:
                raise unavailable("The service is shutting down.")
            if not self._free.acquire(blocking=False):
                raise unavailable("All places for predictions are taken.")
            future: Future[Reply] = Future()
            future.add_done_callback(lambda _: self._free.release())
            self._work.put((future, predict, body))
            if self._unstarted:
                self._unstarted -= 1
                threading.Thread(target=self._run, name="predict", daemon=True).start()
        return future

    def close(self) -> None:
        """Take no more work; what was taken goes on to its end."""
        with self._lock:
            if not self._closed:
                self._closed = True
                for _ in range(self._threads):
                    self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            future, predict, body = work
            if not future.set_running_or_notify_cancel():
                continue
            try:
                reply = predict(body)
            except BaseException as error:  # Whoever waits for the future is told, and the thread lives on.
                future.set_exception(error)
            else:
                future.set_result(reply)
