"""The folder for temporary files, in a container whose file system is read-only, too."""

from __future__ import annotations

import os
import tempfile
from typing import Final

from twinserve.errors import AskedWrongly

VARIABLE: Final = "TMPDIR"
SHARED_MEMORY: Final = "/dev/shm"  # noqa: S108  # Files in it get names of their own.


def require_temporary_folder() -> str:
    """The folder for temporary files; raises `AskedWrongly` where none can be written to.

    Where the system's own cannot be, it is the shared memory, for this process and for those that it starts.
    """
    try:
        return tempfile.gettempdir()
    except FileNotFoundError:
        before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = SHARED_MEMORY
    try:
        return tempfile.gettempdir()
    except FileNotFoundError:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before
    raise AskedWrongly(
        f"No folder for temporary files can be written to, nor can {SHARED_MEMORY}; name one with {VARIABLE}."
    )
