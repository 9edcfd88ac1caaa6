"""One thread that follows the champions of all models."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

from twinserve.service.inference.follower import Follower
from twinserve.service.telemetry.logs import log

INTERVAL: Final = 1.0
"""Seconds between two looks at the champion files: two seconds are promised."""
LAST_LOOK: Final = 4.0
"""Seconds that an opening gets at the end; our own servers may leave it behind."""


class Watch:
    """Has each follower look, again and again, until it is stopped."""

    def __init__(self, followers: Iterable[Follower], stop: threading.Event) -> None:
        self._followers, self._stop = tuple(followers), stop
        self.has_looked = threading.Event()
        """Has it looked once, and opened what it found?"""
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to look; in the process that serves, since no thread survives a fork."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; what is being opened is waited for, as the end of an interpreter under it ends the process."""
        self._stop.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(LAST_LOOK)

    def _run(self) -> None:
        while not self._stop.is_set():
            for follower in self._followers:
                try:
                    follower.look()
                except Exception as error:  # This thread must outlive whatever a version holds.
                    log.error("watch failed", exc_info=error)
            self.has_looked.set()
            self._stop.wait(INTERVAL)
