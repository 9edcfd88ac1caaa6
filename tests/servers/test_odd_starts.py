"""Servers that are started where something ordinary is missing: alike at both doors, and never with a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import ROOT
from harness.running import DOORS, ready

pytestmark = pytest.mark.slow


def launch(door: str, artifacts: Path, log: Path, prologue: str, workers: int) -> subprocess.Popen[bytes]:
    """Start a door from a shell, after these commands."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "TWINSERVE_ARTIFACTS": str(artifacts),
        "TWINSERVE_PORT": "0",
        "TWINSERVE_WORKERS": str(workers),
    }
    command = f'{prologue}; exec "$0" -m {door}'
    with log.open("wb") as output:
        return subprocess.Popen(["sh", "-c", command, sys.executable], env=environment, stdout=output, stderr=output)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("door", DOORS)
def test_a_working_folder_that_is_gone_is_a_sentence(door: str, artifacts: Path, tmp_path: Path, workers: int) -> None:
    gone, log = tmp_path / "gone", tmp_path / "log"
    gone.mkdir()
    process = launch(door, artifacts.resolve(), log, f"cd {gone} && rmdir {gone}", workers)
    assert process.wait(60) == 2
    reason = "the working folder cannot be used (No such file or directory); start in another one."
    assert log.read_text() == f"{door}: {reason}\n"


@pytest.mark.parametrize("door", DOORS)
def test_without_input_and_output_a_server_serves(door: str, artifacts: Path, tmp_path: Path) -> None:
    """What is written to the closed ones reaches no connection."""
    log = tmp_path / "log"
    process = launch(door, artifacts.resolve(), log, "exec <&- >&-", 1)
    with ready(process, log) as server:
        assert server.request("GET", "/health/live").body == b'{"status":"alive"}'
        assert server.stop() == 0
    log.unlink()
    process = launch(door, artifacts.resolve(), log, "exec <&- >&- 2>&-; TWINSERVE_PORT=70000", 1)
    assert process.wait(60) == 2
