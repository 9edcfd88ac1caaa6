"""`locked`: a file that one process writes at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from twinserve.errors import ModelError


class InUse(ModelError):
    """Another process writes the same file."""


def locked(path: Path, written: Path) -> int:
    """The descriptor of a file, made if it is missing, whose lock is held until it is closed; raises `InUse`.

    `written` is what the message names."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise InUse(f"Another process writes {written}; nothing was changed.") from None
        if _is_at(descriptor, path):
            return descriptor
        os.close(descriptor)  # Its holder renamed or removed it between our opening and its end.


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
