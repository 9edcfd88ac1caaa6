"""How the process that makes workers learns whether they can serve: one of them speaks for the whole start."""

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
"""Seconds before a worker that cannot take another one's place ends, as it is replaced at once."""


class Start:
    """The start of a server with workers. It is over as soon as one of them serves; from then on the others serve on
    whatever happens to one, and its place is tried again. Each worker has a copy, by a fork or by a pickle."""

    def __init__(self) -> None:
        self._heard, self._told = multiprocessing.Pipe(duplex=False)  # What is told is short, so written in one piece.
        self.is_over = False
        """Has a worker served?"""
        self.failure: CannotStart | None = None
        """Why there is no server; the process that made the workers raises it once these have ended."""

    def attempt(self, make_app: Callable[[], App]) -> App:
        """In a worker: its app; ends the process where there can be none."""
        from twinserve.errors import ModelError

        try:
            return make_app()
        except (ModelError, BadSetting) as error:
            self._fail(str(error))
            sys.exit(0)  # Another code would have its parent say so, too.

    def succeed(self) -> None:
        """In a worker: it serves."""
        if not self.is_over:
            self._told.send(None)

    def _fail(self, reason: str) -> None:
        if not self.is_over:
            self._told.send(reason)
            return
        log.error("cannot start", reason=reason)
        time.sleep(PAUSE)

    def wait(self, has_to_see: Callable[[], bool], seconds: float = math.inf) -> bool:
        """In the process that made them: does a worker serve, at last? Ask until `is_over`, or `failure` says why not.

        Comes back after this time, or as soon as there is something to see to, a signal perhaps."""
        end = time.monotonic() + seconds
        while not self._heard.poll(POLL):
            if has_to_see() or time.monotonic() > end:
                return False
        reason = self._heard.recv()
        self.failure = None if reason is None else CannotStart(reason)
        self.is_over = reason is None
        return self.is_over
