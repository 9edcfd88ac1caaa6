"""Trying to open a pipeline in another process, before the server opens it.

The cost of a graph follows from its shapes, that of a pipeline does not: a file may unpack to any size, a tree may lead
back to itself, a regular expression may never end. The system limits the memory and time of the other process, and a
crash ends only that process.
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
from twinserve.store.pipelines.pipeline_file import SKOPS
from twinserve.store.pipelines.unpacked import RESTORE

POLL: Final = 0.1
"""Seconds between checks of the deadline."""
HELD: Final = b"held"
"""The output of a successful trial."""
PROGRAM: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); from twinserve.store.pipelines.trial_program import main; main()"
)
ROOT: Final = str(Path(__file__).resolve().parents[3])


def try_version(manifest: str, files: Mapping[str, bytes], deadline: Deadline) -> None:
    """Open these files in another process; raises `ArtifactRefused` with its error, or if it crashes or takes too long.

    Does nothing if there is no Python interpreter to start, as inside another program.
    """
    _try(manifest, files, deadline)


def try_pipeline(content: bytes, deadline: Deadline) -> None:
    """The same for a skops file that belongs to no version yet."""
    _try(None, {SKOPS: content}, deadline)


def _try(manifest: str | None, files: Mapping[str, bytes], deadline: Deadline) -> None:
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
            output = _output(process, deadline)
        finally:
            process.kill()
            feeding.join()
    if output != HELD:
        crashed = f"The pipeline takes more than {memory} bytes or crashes; {RESTORE}."
        raise ArtifactRefused(output.decode() or crashed)


def _feed(pipe: IO[bytes], given: bytes) -> None:
    """Write the input of the process, in a thread of its own: the process reads it only after its imports."""
    with contextlib.suppress(OSError), pipe:  # It may have ended.
        pipe.write(given)


def _output(process: subprocess.Popen[bytes], deadline: Deadline) -> bytes:
    """The output of the process, empty if it crashed; raises `ArtifactRefused` if it takes too long."""
    while True:
        try:
            process.wait(POLL)
        except subprocess.TimeoutExpired:
            deadline.check()
        else:
            return process.stdout.read() if process.stdout is not None else b""  # A sentence at most.


def interpreter() -> str | None:
    """The path of the running Python interpreter; None inside another program."""
    here, beside = Path(sys.executable or "/"), Path(sys.prefix, "bin", "python3")
    if here.name.startswith("python"):
        return str(here)
    return str(beside) if beside.is_file() else None
