"""`Watch`: the thread that looks after the models of a process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from twinserve.service.telemetry.logs import log

INTERVAL: Final = 1.0
"""Seconds between two checks of the champion files; the contract promises two seconds."""
LAST_LOOK: Final = 4.0
"""Seconds that an opening gets to finish when the watch is stopped; our own servers may exit without it."""


class Watch:
    """Calls a function every `INTERVAL` seconds until it is stopped."""

    def __init__(self, look: Callable[[], object], stop: threading.Event) -> None:
        self._look, self._stop = look, stop
        self.has_looked = threading.Event()
        """Set after the first call."""
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Start the thread. Call this in the process that serves, because no thread survives a fork."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread. Waits for an opening, because an interpreter that exits during one crashes the process."""
        self._stop.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(LAST_LOOK)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._look()
            except Exception as error:  # Whatever a look raises, this thread goes on.
                log.error("watch failed", exc_info=error)
            self.has_looked.set()
            self._stop.wait(INTERVAL)
