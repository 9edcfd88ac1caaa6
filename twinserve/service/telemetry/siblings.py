"""Other worker processes of the same app, as far as Linux shows them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

PIPE: Final = re.compile(rb"pipe_handle=\d+")


def has_siblings() -> bool:
    """Does this process's parent have another child that was started by the same command? False where the system does
    not say."""
    parent, me = os.getppid(), os.getpid()
    try:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    except OSError:
        return False
    mine = _command(me)
    return any(_command(int(child)) == mine for child in children if int(child) != me)


def _command(process: int) -> bytes | None:
    """The command line of a process, without what Python's `multiprocessing` gives each process that it spawns."""
    try:
        return PIPE.sub(b"", Path(f"/proc/{process}/cmdline").read_bytes()) or None
    except OSError:  # It has ended.
        return None
