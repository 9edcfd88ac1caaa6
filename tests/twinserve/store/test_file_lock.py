"""Locks of files, held by processes."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from harness import ROOT
from twinserve.store.file_lock import acquire, is_held

HOLDING = """
import sys
from pathlib import Path
from twinserve.store.file_lock import acquire
acquire(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_is_held_until_its_descriptor_is_closed(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    descriptor = acquire(lock)
    assert is_held(lock)
    os.close(descriptor)
    assert not is_held(lock)
    assert lock.read_bytes() == b""


def test_a_lock_is_open_for_writing(tmp_path: Path) -> None:
    """Over NFS no other can be held alone."""
    descriptor = acquire(tmp_path / "lock")
    assert fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR
    os.close(descriptor)


def test_a_lock_that_is_not_there_is_held_by_nobody_and_not_made(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "lock")
    assert list(tmp_path.iterdir()) == []


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDING, str(lock)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert is_held(lock)
        process.kill()
        process.wait(30)
        assert not is_held(lock)
