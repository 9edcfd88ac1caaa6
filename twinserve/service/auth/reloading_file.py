"""`Fresh`: the parsed content of a file, which is read again when the file changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, TypeVar

from twinserve.service.telemetry.logs import log

T = TypeVar("T")
INTERVAL: Final = 1.0
"""Seconds between two checks of the file. A check is one system call, made by the first `get` that is due."""


class Fresh(Generic[T]):
    """The parsed content of a file, at most a second old. If the file becomes invalid, its last content is kept."""

    def __init__(self, path: Path, parse: Callable[[bytes], T], clock: Callable[[], float] = time.monotonic) -> None:
        """Read the file; raises `OSError`, or the `ValueError` of `parse`."""
        self._path, self._parse, self._clock = path, parse, clock
        self._lock = threading.Lock()
        self._next_look = clock() + INTERVAL
        self._stamp = self._stamp_now()
        self._value = parse(path.read_bytes())

    def get(self) -> T:
        """The content, at most a second old."""
        if self._clock() >= self._next_look and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._next_look = self._clock() + INTERVAL
                self._lock.release()
        return self._value

    def _look(self) -> None:
        stamp = None
        try:
            stamp = self._stamp_now()
            if stamp == self._stamp:
                return
            self._value = self._parse(self._path.read_bytes())
        except (OSError, ValueError) as error:
            if stamp != self._stamp:  # Logged once for each change.
                log.error(
                    "file refused, its last good content stays in force", path=str(self._path), reason=_say(error)
                )
        else:
            log.info("file read anew", path=str(self._path))
        self._stamp = stamp

    def _stamp_now(self) -> tuple[int, int, int] | None:
        status = self._path.stat()
        return status.st_mtime_ns, status.st_ino, status.st_size


def _say(error: OSError | ValueError) -> str:
    """The error, without the file's content, which may be secret."""
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else type(error).__name__
