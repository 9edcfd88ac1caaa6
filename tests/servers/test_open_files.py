"""With too many open files a server neither spins nor dies, says what it lacks, and recovers."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from harness import ROOT
from harness.ports import free_port
from harness.processes import family
from harness.running import DEADLINE, DOORS, Running, read, request, running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="`prlimit` and `/proc` are Linux's"),
]
FILES = 80
CROWD = 600
BUSY = 0.3
"""Much less than the whole core that a spinning worker takes."""
READY = request("GET", "/health/ready")


def seconds_used(server: Running) -> float:
    """The processor time of the server's processes."""
    stats = [
        Path(f"/proc/{one.number}/stat").read_text().rpartition(")")[2].split() for one in family(server.process.pid)
    ]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


def answer(connection: socket.socket) -> Any:
    """The reply of `/health/ready` over this connection."""
    connection.sendall(READY)
    (response,) = read(connection, 1)
    assert response.status == 200
    return json.loads(response.body)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("door", DOORS)
def test_too_many_open_files(door: str, workers: int, tmp_path: Path, artifacts: Path) -> None:
    with running(door, tmp_path, artifacts, workers=workers) as server, ExitStack() as crowd:
        kept = crowd.enter_context(server.connect())
        before = answer(kept)
        for process in family(server.process.pid):
            resource.prlimit(process.number, resource.RLIMIT_NOFILE, (FILES, FILES))
        idle = [crowd.enter_context(server.connect()) for _ in range(CROWD)]
        end = time.monotonic() + 5
        while "refused" not in (told := answer(kept)):  # At the watch's next look.
            assert time.monotonic() < end
            time.sleep(0.1)
        used = seconds_used(server)
        time.sleep(2)  # The time over which the use of the processor is measured.
        assert (seconds_used(server) - used) / 2 < BUSY * workers
        assert told["status"] == "ready"
        assert "cannot be read (Too many open files); allow the process more open files" in told["refused"]["reason"]
        for connection in idle:
            connection.close()
        began = time.monotonic()
        assert server.send(READY)[0].status == 200
        assert time.monotonic() - began < 2
        end = time.monotonic() + 5
        while answer(kept) != before:
            assert time.monotonic() < end
            time.sleep(0.1)
        assert server.stop() == 0
        log = server.log.read_text()
        assert "no room for connections" in log
        assert not any(word in log for word in ("Traceback", "damaged"))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("door", DOORS)
def test_a_server_that_may_open_too_few_files_says_so(door: str, workers: int, artifacts: Path) -> None:
    """In one sentence and with exit code 2, and in no traceback of its libraries."""
    command = [sys.executable, "-m", door, "--port", str(free_port()), "--workers", str(workers)]
    done = subprocess.run(
        ["prlimit", "--nofile=14", *command, "--artifacts", str(artifacts)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"{door}: Too many open files: a server needs 32 of its own; allow the process more (ulimit -n).\n"
    )
