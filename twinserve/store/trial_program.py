"""The other process of a trial: opens what it is given, within bounds that the system holds it to."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from twinserve import bounds
from twinserve.errors import ArtifactRefused
from twinserve.store.artifact import Trust, assemble
from twinserve.store.manifest import Manifest
from twinserve.store.trial import HELD


def main() -> None:
    """In the other process: open what comes in, and say what came of it."""
    import skops.io  # noqa: F401  # The libraries themselves are not counted.

    head = json.loads(sys.stdin.buffer.readline())
    files = {name: sys.stdin.buffer.read(size) for name, size in head["sizes"].items()}
    limit(head["memory"], head["seconds"])
    try:
        assemble(Manifest.model_validate_json(head["manifest"]), files, Trust())
        said = HELD
    except ArtifactRefused as error:
        said = str(error).encode()
    sys.stdout.buffer.write(said)


def limit(memory: int, seconds: int) -> None:
    """From now on so many bytes more, where the system counts them, and seconds of work."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    status = Path("/proc/self/status")
    if status.exists():
        (held,) = (int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmData:"))
        most = held * bounds.KIB + memory
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
