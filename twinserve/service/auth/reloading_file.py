"""`Fresh`: the parsed content of a file, which is read again when the file changes."""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, TypeVar

from twinserve.service.telemetry.logs import log

T = TypeVar("T")
INTERVAL: Final = 1.0
"""Seconds between two checks of the file. A check is one system call, made by the first `get` that is due."""
MOST: Final = 16 * 1024 * 1024
"""Maximum number of bytes of a file; ten thousand keys take 2 MB."""


class Fresh(Generic[T]):
    """The parsed content of a file, at most a second old. If the file becomes invalid, its last content is kept. One
    that cannot be read is tried again at each look: a descriptor or a permission may come without another change."""

    def __init__(self, path: Path, parse: Callable[[bytes], T], clock: Callable[[], float] = time.monotonic) -> None:
        """Read the file; raises `OSError`, or the `ValueError` of `parse`."""
        self._path, self._parse, self._clock = path, parse, clock
        self._lock = threading.Lock()
        self._next_look = clock() + INTERVAL
        self._stamp = self._stamp_now()
        self._refused: object = None
        """The state and the error that were logged last; None while the file is good."""
        self._value = parse(read_regular(path))

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
            self._value = self._parse(read_regular(self._path))
        except OSError as error:
            self._refuse(stamp, error.strerror or type(error).__name__)
        except ValueError as error:  # Of which only the type is told: the text may hold secrets of the file.
            self._refuse(stamp, type(error).__name__)
            self._stamp = stamp
        else:
            log.info("file read anew", path=str(self._path))
            self._stamp, self._refused = stamp, None

    def _refuse(self, stamp: object, reason: str) -> None:
        if (stamp, reason) != self._refused:  # Logged once for each change.
            log.error("file refused, its last good content stays in force", path=str(self._path), reason=reason)
        self._refused = stamp, reason

    def _stamp_now(self) -> tuple[int, int, int] | None:
        status = self._path.stat()
        return status.st_mtime_ns, status.st_ino, status.st_size


def read_regular(path: Path) -> bytes:
    """The content of a file; raises `OSError` for anything else: a pipe would be waited for, a device has no end."""
    with open(path, "rb", opener=_open_at_once) as file:  # `Path.open` takes no opener.
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "Not a regular file")
        content = file.read(MOST + 1)
    if len(content) > MOST:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return content


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
