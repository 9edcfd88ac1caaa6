"""Locks that end with the process that holds them, however that ends.

A lock is a file that is open for writing: over NFS, `flock` needs that, and locks no folder.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

OPEN: Final = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""A link in its place leads nowhere, and a pipe is not waited for."""


def acquire(lock: Path) -> int:
    """Wait for a lock, whose file is made where there is none; gives the descriptor to close at the end."""
    descriptor = os.open(lock, OPEN | os.O_CREAT, 0o666)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def is_held(lock: Path) -> bool:
    """Does anybody living hold this lock? One that is not there is held by nobody."""
    try:
        descriptor = os.open(lock, OPEN)
    except FileNotFoundError:
        return False
    except PermissionError:  # Another user's: whether it is held is not ours to find out.
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
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
