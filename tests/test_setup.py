"""What `make setup` makes works wherever somebody stands."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from harness import ROOT
from harness.clients import asked
from harness.ports import free_ports
from harness.running import DEADLINE, DOORS, golden, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment in which `make` put all but the requirements."""
    venv = tmp_path_factory.mktemp("made") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    for mark in (".python", ".run"):
        (venv / mark).touch()
    subprocess.run(["make", "-s", f"VENV={venv}", str(venv / "bin" / "twinserve")], cwd=ROOT, check=True)
    return venv / "bin"


def surroundings(**more: str) -> dict[str, str]:
    """The requirements are those of the tests; nothing else says where this checkout is."""
    return os.environ | {"PYTHONPATH": sysconfig.get_path("purelib")} | more


@pytest.mark.parametrize("door", DOORS)
def test_a_door_is_found_from_any_folder(programs: Path, tmp_path: Path, door: str) -> None:
    done = subprocess.run(
        [str(programs / "python"), "-m", door, "--help"],
        cwd=tmp_path,
        env=surroundings(),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_serves_from_any_folder(programs: Path, tmp_path: Path, artifacts: Path) -> None:
    """Both doors answer, though the command was called where there is neither a store nor the code."""
    port = free_ports()
    command = [str(programs / "twinserve"), "serve", "--artifacts", str(artifacts), "--name", "tumor"]
    log = tmp_path / "log"
    with log.open("w") as said:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=surroundings(TWINSERVE_PORT=str(port)), stdout=said, stderr=said
        )
    try:
        for number in (port, port + 1):
            wait_for(process, lambda number=number: asked(number, golden(artifacts)) == 200)  # type: ignore[misc]
    finally:
        process.terminate()
        process.wait(DEADLINE)
