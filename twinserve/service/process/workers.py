"""`Start`: how a parent process learns whether its workers can serve."""

from __future__ import annotations

import math
import multiprocessing
import sys
import time
from collections.abc import Callable
from typing import Final, TypeVar

from twinserve.service.process.startup import CannotStart
from twinserve.service.settings import BadSetting
from twinserve.service.telemetry.logs import log

App = TypeVar("App")
POLL: Final = 0.05
PAUSE: Final = 1.0
"""Seconds that a replacement worker that cannot start waits before it ends, because it is replaced at once."""


class Start:
    """The start of a server with workers. It succeeds as soon as one worker serves. From then on a worker that fails
    is replaced, while the others go on serving. Each worker has a copy, by fork or by pickle."""

    def __init__(self) -> None:
        # Messages are short, so each is written at once.
        self._receiver, self._sender = multiprocessing.Pipe(duplex=False)
        self.is_over = False
        """Has a worker reported that it serves?"""
        self.failure: CannotStart | None = None
        """Why no worker can serve; the parent process raises it once its workers have ended."""

    def attempt(self, make_app: Callable[[], App]) -> App:
        """Call in a worker: make its app; ends the process if that fails."""
        from twinserve.errors import ModelError

        try:
            return make_app()
        except (ModelError, BadSetting) as error:
            self._fail(str(error))
            sys.exit(0)  # With another exit code the parent would log an error, too.

    def succeed(self) -> None:
        """Call in a worker: report that it serves."""
        if not self.is_over:
            self._sender.send(None)

    def _fail(self, reason: str) -> None:
        if not self.is_over:
            self._sender.send(reason)
            return
        log.error("cannot start", reason=reason)
        time.sleep(PAUSE)

    def wait(self, has_other_work: Callable[[], bool], seconds: float = math.inf) -> bool:
        """Call in the parent, until `is_over` or `failure` is set: wait for a report; returns whether a worker serves.

        Returns false after `seconds`, or as soon as `has_other_work` is true, for example after a signal.
        """
        end = time.monotonic() + seconds
        while not self._receiver.poll(POLL):
            if has_other_work() or time.monotonic() > end:
                return False
        reason = self._receiver.recv()
        self.failure = None if reason is None else CannotStart(reason)
        self.is_over = reason is None
        return self.is_over
