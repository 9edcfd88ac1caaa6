"""The program of a trial's process: opens a version within limits of memory and time that the system enforces."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from twinserve import bounds
from twinserve.errors import ArtifactRefused
from twinserve.store.artifact import Trust, assemble
from twinserve.store.manifest import Manifest
from twinserve.store.pipelines import pipeline_file
from twinserve.store.pipelines.trial import HELD


def main() -> None:
    """Open the version on standard input; write `HELD` or the error to standard output."""
    import skops.io  # noqa: F401  # Before the limit, so that it does not count.

    head = json.loads(sys.stdin.buffer.readline())
    files = {name: sys.stdin.buffer.read(size) for name, size in head["sizes"].items()}
    limit(head["memory"], head["seconds"])
    try:
        if head["manifest"] is None:
            pipeline_file.load_skops(files[pipeline_file.SKOPS])
        else:
            assemble(Manifest.model_validate_json(head["manifest"]), files, Trust())
        output = HELD
    except ArtifactRefused as error:
        output = str(error).encode()
    sys.stdout.buffer.write(output)


def limit(memory: int, seconds: int) -> None:
    """Limit this process to `memory` more bytes, where the system can, and to `seconds` of CPU time."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    status = Path("/proc/self/status")
    if status.exists():
        (held,) = (int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmData:"))
        most = held * bounds.KIB + memory
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
