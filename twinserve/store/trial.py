"""A pipeline tried in a process of its own, before it is opened in the one that serves.

A graph's cost can be told from its shapes; a pipeline's cannot: what a file unpacks to, how often its arrays are used,
a tree that leads back to itself, a pattern that never ends. Another process has bounds that hold whatever happens in it
(memory, time, a crash), and it is ended where this one would be lost.
"""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

from twinserve import bounds
from twinserve.errors import ArtifactRefused
from twinserve.store.deadline import Deadline

POLL: Final = 0.1
"""Seconds between two looks at whether anybody still waits."""
HELD: Final = b"held"
PROGRAM: Final = "import sys; sys.path.insert(0, sys.argv[1]); from twinserve.store.trial_program import main; main()"
ROOT: Final = str(Path(__file__).resolve().parents[2])


def try_version(manifest: str, files: Mapping[str, bytes], deadline: Deadline) -> None:
    """Open these files in another process; raises `ArtifactRefused` with what it says, or with what became of it.

    Where no interpreter can be started, as inside of another program, nothing is tried.
    """
    python = interpreter()
    if python is None:
        return
    sizes = {name: len(content) for name, content in files.items()}
    memory = bounds.TRIAL_MEMORY + bounds.TRIAL_TIMES * sum(sizes.values())
    head = {"manifest": manifest, "sizes": sizes, "memory": memory, "seconds": math.ceil(deadline.seconds)}
    given = b"".join([json.dumps(head).encode(), b"\n", *files.values()])
    command = [python, "-P", "-c", PROGRAM, ROOT]  # Nothing comes from the working directory.
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd="/", **pipes) as process:  # noqa: S603  # Our own interpreter and program.
        feeding = threading.Thread(target=_feed, args=(process.stdin, given), daemon=True)
        feeding.start()
        try:
            said = _answer(process, deadline)
        finally:
            process.kill()
            feeding.join()
    if said != HELD:
        crashed = f"The pipeline takes more than {memory} bytes or crashes; restore the artifact or train again."
        raise ArtifactRefused(said.decode() or crashed)


def _feed(pipe: IO[bytes], given: bytes) -> None:
    """Beside the look at the time: the process takes it in when it has its libraries."""
    with contextlib.suppress(OSError), pipe:  # It may have ended.
        pipe.write(given)


def _answer(process: subprocess.Popen[bytes], deadline: Deadline) -> bytes:
    """What the process says, nothing where it crashed; raises `ArtifactRefused` where it takes too long."""
    while True:
        try:
            process.wait(POLL)
        except subprocess.TimeoutExpired:
            deadline.check()
        else:
            return process.stdout.read() if process.stdout is not None else b""  # A sentence at most.


def interpreter() -> str | None:
    """The Python that runs this; none where a program of another kind has it inside."""
    here, beside = Path(sys.executable or "/"), Path(sys.prefix, "bin", "python3")
    if here.name.startswith("python"):
        return str(here)
    return str(beside) if beside.is_file() else None
