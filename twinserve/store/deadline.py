"""The deadline of opening a version."""

from __future__ import annotations

import threading
import time

from twinserve.errors import ArtifactRefused


class Deadline:
    """Ends after some seconds or when the event `stop` is set; checked between the steps of an opening."""

    def __init__(self, seconds: float, stop: threading.Event | None = None) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._stop = threading.Event() if stop is None else stop

    def left(self) -> float:
        """Seconds until the deadline, at least 0."""
        return max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        """Raise `ArtifactRefused` after the deadline or when the service is closing."""
        if self._stop.is_set():
            raise ArtifactRefused("Opening was cancelled because the service is closing; start it again.")
        if not self.left():
            raise ArtifactRefused(
                f"The version was not open after {self.seconds:g} s; restore it or allow more time (OPEN_TIMEOUT)."
            )
