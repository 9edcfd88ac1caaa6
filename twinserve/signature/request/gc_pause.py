"""A pause of Python's garbage collector.

It looks for cycles among new objects each time that there are many, and a body that is read makes many at once and no
cycle: of 60 kB of nested objects it would take as long again, of 8 MiB twice as long.
"""

from __future__ import annotations

import gc
import threading


class Pause:
    """While any thread is in here, nothing is collected; the last to leave brings back what was."""

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
