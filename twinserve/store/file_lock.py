"""File locks that the system releases when the process that holds them ends.

A lock is a regular file, opened for writing, as `flock` over NFS requires.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

OPEN: Final = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""No link is followed, and a pipe does not block."""


def acquire(lock: Path) -> int:
    """Create the file of a lock if it is missing, and wait for the lock; closing the descriptor releases it."""
    descriptor = os.open(lock, OPEN | os.O_CREAT, 0o666)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def is_held(lock: Path) -> bool:
    """Does a running process hold this lock? A missing file is not held."""
    try:
        descriptor = os.open(lock, OPEN)
    except FileNotFoundError:
        return False
    except PermissionError:  # Another user's file, which may be held.
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Flush the entries of a folder to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
