"""Where nothing but the store can be written to, a program works or says one sentence, with exit code 2."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from harness import ROOT
from harness.ports import free_port
from harness.running import DEADLINE, DOORS, launch, ready

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(
        sys.platform != "linux" or os.geteuid() != 0 or shutil.which("unshare") is None,
        reason="mounts in a namespace of its own, which root may do on Linux",
    ),
]
each_number = pytest.mark.parametrize("workers", [1, 2])
STORE: Final = "/mnt/store"
SENTENCE: Final = "No folder for temporary files can be written to, nor can /dev/shm; name one with TMPDIR."
MOUNT: Final = f"""set -e
mount --make-rprivate /
mount -t tmpfs none /mnt
mkdir {STORE}
mount --bind "$1" {STORE}
cd /proc
for folder in $2; do mount -t tmpfs -o ro none $folder; done
shift 2
exec "$@"
"""
"""Mounts the store, its first argument, and empty folders that nobody can write to over those in the second."""


def read_only(artifacts: Path, folders: str, *program: str) -> list[str]:
    """The command that runs a program of this Python there."""
    return ["unshare", "--mount", "sh", "-c", MOUNT, "sh", str(artifacts), folders, sys.executable, *program]


def variables(**settings: object) -> Mapping[str, str]:
    """The environment of a server of the store, without TMPDIR."""
    given = {f"TWINSERVE_{name.upper()}": str(value) for name, value in settings.items()}
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TWINSERVE_ARTIFACTS": STORE} | given


@each_number
@pytest.mark.parametrize("door", DOORS)
def test_a_server_takes_the_shared_memory(door: str, workers: int, tmp_path: Path, artifacts: Path) -> None:
    log = tmp_path / "stderr"
    environment = variables(workers=workers, port=0)
    process = launch(read_only(artifacts, "/tmp /var/tmp", "-m", door), tmp_path, environment, log)
    with ready(process, log) as server:
        assert server.request("GET", "/metrics").status == 200
        assert server.stop() == 0
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize(
    ("workers", "program"), [(1, "serve_flask"), (2, "serve_flask"), (2, "serve_fastapi"), (1, "train.py")]
)
def test_without_that_it_says_one_sentence(workers: int, program: str, tmp_path: Path, artifacts: Path) -> None:
    words = [str(ROOT / program)] if program == "train.py" else ["-m", program]
    done = subprocess.run(
        read_only(artifacts, "/tmp /var/tmp /dev/shm", *words),
        cwd=tmp_path,
        env=variables(workers=workers, port=free_port()),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, f"{program}: {SENTENCE}")
    assert "Traceback" not in done.stderr
