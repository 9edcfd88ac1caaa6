"""`Lifecycle`: what a service holds in a process, from its opening to its end; a forked process gets its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Final

from twinserve.service.auth.guard import Guard
from twinserve.service.http.buffer import Room
from twinserve.service.inference.models.shelf import Shelf
from twinserve.service.inference.pool import Pool
from twinserve.service.inference.version import ModelVersion
from twinserve.service.limits.concurrency import Places
from twinserve.service.settings import Settings
from twinserve.service.telemetry.logs import log
from twinserve.service.telemetry.metrics import Metrics
from twinserve.service.telemetry.tracing import Tracing

PATIENCE: Final = 2.0
"""Seconds that the first request in a forked process waits for the model; until it is open, the answer is 503."""


class Lifecycle:
    """The models, limits and threads of a service, and whether it still takes requests."""

    def __init__(
        self, settings: Settings, metrics: Metrics, version: ModelVersion | None, tracing: Tracing | None
    ) -> None:
        """Raises `BadSetting` if a file of keys cannot be read."""
        self.settings = settings
        self._tracing = tracing
        self.gave_up = False
        """Is this process ending because all of its prediction threads are stuck?"""
        self._closing = False
        self._moving: dict[int, threading.Lock] = {}  # By process: gevent replaces locks after a fork.
        self._settle(metrics, {settings.model: version})
        self._process = os.getpid()

    def _settle(self, metrics: Metrics, versions: Mapping[str, ModelVersion | None]) -> None:
        """Create what processes cannot share: everything that has threads, locks or connections."""
        settings = self.settings
        self.places = Places(settings.max_concurrent)
        """Limits the prediction requests in flight: enter `with service.places:` before the body is read."""
        self.streams = Places(max(1, min(settings.max_bulk_requests, settings.max_queue // 2)))
        """Limits the streams, each of which may hold a thread of a server, beside `places`."""
        self.room = Room(max(settings.max_buffered, settings.max_body))
        """Limits the bytes that all requests hold together while they arrive."""
        self._guard = Guard(settings, metrics.lost_rate_stores.inc)
        self.guarded = self._guard.is_needed
        """Must each request be authorized? If not, `authorize` need not be called."""
        self.metrics = metrics
        self.models = Shelf(settings, metrics, versions)
        self._pool = Pool(settings.prediction_threads, settings.max_queue, settings.predict_timeout)
        self.is_draining = False
        """Has `drain` been called? Then the service is not ready, but answers."""

    def _move(self) -> None:
        """Set up a forked process: its parent's threads are gone, a lock that one of them held stays locked, and a
        model's libraries may wait for their own threads. Waits `PATIENCE` for the model to open, no longer."""
        with self._moving.setdefault(os.getpid(), threading.Lock()):
            if self._process == os.getpid():
                return  # Another thread was faster.
            log.info("forked", consequence="This process was forked, so it opens the model again.")
            before = self.models
            self._settle(Metrics(), dict.fromkeys(before) if before.follows else before.peek())
            if before.follows:
                self.models.follow(before).has_looked.wait(PATIENCE)
            self._process = os.getpid()  # Last, so that other threads wait for all of this.

    def must_give_up(self) -> bool:
        """Is every thread of the pool stuck in a prediction, or a step for which all streams wait, so that only a new
        process can answer? True once.

        A server's loop calls this every second and, when it is true, stops as if by SIGTERM."""
        if self.is_draining or not self._pool.is_stuck(self.settings.predict_timeout):
            return False
        self.gave_up = True
        self.drain()
        log.error("stuck", reason="Predictions or streams are stuck; this process ends so that a new one can start.")
        return True

    def drain(self) -> None:
        """Turn not ready, so that load balancers send no more requests; requests that still arrive are answered."""
        self.is_draining = True

    def close(self) -> None:
        """Refuse new requests; those in flight are answered."""
        if os.getpid() != self._process:
            return  # A forked process that has served nothing: threads and connections are its parent's.
        self.is_draining = self._closing = True
        self._pool.close()
        self._guard.close()
        self.models.stop()
        if self._tracing is not None:
            self._tracing.close()
