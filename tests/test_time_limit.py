"""A test that hangs is ended, by the options of `pyproject.toml`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from harness import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.long]

WAITING: Final = """
import subprocess, sys, threading, time
def test_of_a_process():
    subprocess.run([sys.executable, "-c", "import signal; signal.pause()"])
def test_of_an_event():
    threading.Event().wait()
def test_of_a_call_into_c():
    time.sleep(1e6)
def test_after_them():
    pass
"""
NEVER_BACK: Final = """
import ctypes
c = ctypes.PyDLL(None)  # Its calls let no other thread run Python meanwhile.
lock = ctypes.create_string_buffer(256)
c.pthread_mutex_init(lock, None)
c.pthread_mutex_lock(lock)
def test_that_hangs():
    c.pthread_mutex_lock(lock)
def test_after_it():
    pass
"""


def run(folder: Path, content: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a file of tests with shorter limits."""
    file = folder / "test_file.py"
    file.write_text(content)
    limits = ["-o", "timeout=1", "-o", "faulthandler_timeout=3"]
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder), *limits]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", *options, str(file)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["plain", "xdist"])
def test_a_test_that_waits_fails_and_the_next_one_runs(tmp_path: Path, workers: list[str]) -> None:
    ended = run(tmp_path, WAITING, *workers)
    assert ended.returncode == 1, ended.stdout
    assert ended.stdout.count("Failed: Timeout (>1.0s)") >= 3
    assert "3 failed, 1 passed" in ended.stdout


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["plain", "xdist"])
def test_a_call_that_no_signal_interrupts_ends_its_process(tmp_path: Path, workers: list[str]) -> None:
    """Its stack is printed. xdist starts another process for the tests after it."""
    ended = run(tmp_path, NEVER_BACK, *workers)
    assert ended.returncode == 1, ended.stdout
    assert re.search(r"Timeout \(0:00:03\)!(.|\n)* in test_that_hangs", ended.stderr)
    if workers:
        assert "crashed while running" in ended.stdout
        assert "1 failed, 1 passed" in ended.stdout
