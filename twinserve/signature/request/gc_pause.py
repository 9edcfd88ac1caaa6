"""A pause of Python's garbage collector.

The collector looks for reference cycles whenever many new objects exist. Parsing a body creates many objects and no
cycle. For 60 kB of nested objects the collections would take as long as the parsing, for 8 MiB twice as long.
"""

from __future__ import annotations

import gc
import threading


class Pause:
    """A context in which nothing is collected; when the last thread leaves it, the former state is restored."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._was_enabled = False

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._was_enabled = gc.isenabled()
                gc.disable()
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside and self._was_enabled:
                gc.enable()


pause = Pause()
