"""The service sends and writes only what it must: checked in a fresh home folder and with a trace of system calls."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import ROOT, swapping
from harness.running import DEADLINE, DOORS, Running, launch, ready, wait_for
from harness.swapping import BODY
from tests.quiet import needs_strace, reached, traced, written
from twinserve.store.registry import Registry

each_door = pytest.mark.parametrize("door", DOORS)

OPENING = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
import numpy as np
from twinserve.store.artifact import Trust, open_version
from twinserve.signature import Columns
import {also}
opened = open_version(Path({version!r}), Trust())
opened.predictor.predict(Columns(np.zeros((1, len(opened.signature.features) and {width}))))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def environment(home: Path, folder: Path, **given: object) -> Mapping[str, str]:
    """Only these variables; Python writes no bytecode."""
    (folder / "tmp").mkdir(exist_ok=True)
    ours = {f"TWINSERVE_{name.upper()}": str(value) for name, value in given.items()}
    fixed = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return {**fixed, "HOME": str(home), "TMPDIR": str(folder / "tmp"), **ours}


@contextmanager
def serving(door: str, folder: Path, given: Mapping[str, str], tracer: list[str] | None = None) -> Iterator[Running]:
    """A server that is ready; it is stopped with SIGTERM."""
    log = folder / "stderr"
    process = launch([*(tracer or ()), sys.executable, "-m", door], folder, given, log)
    with ready(process, log) as server:
        yield server
        (child,) = children(process.pid) if tracer else (process.pid,)
        os.kill(child, signal.SIGTERM)
        assert process.wait(DEADLINE) == 0


def children(pid: int) -> list[int]:
    """The child processes of a process."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def version_of(server: Running) -> str:
    """The version that serves."""
    version: str = json.loads(server.request("GET", "/health/ready").body)["version"]
    return version


@pytest.mark.parametrize(
    "also", ["json", "twinserve.compile", "twinserve.release.build", "serve_flask", "serve_fastapi", "serve_django"]
)
def test_a_fresh_home_stays_empty(artifacts: Path, home: Path, tmp_path: Path, also: str) -> None:
    """ONNX Runtime alone would make a folder in it."""
    width = 30
    program = OPENING.format(root=str(ROOT), version=str(artifacts / "tumor" / "1"), width=width, also=also)
    given = environment(home, tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=home, env=given, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(home.iterdir()) == []


@pytest.mark.slow
@pytest.mark.long
@each_door
def test_a_home_that_nobody_can_write_is_not_missed(artifacts: Path, tmp_path: Path, door: str) -> None:
    """With a read-only home every line of the log is JSON, without warnings."""
    given = environment(Path("/dev/null/home"), tmp_path, artifacts=artifacts, port=0, log_format="json")
    with serving(door, tmp_path, given) as server:
        pass
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert {line["level"] for line in lines} == {"info"}


@pytest.mark.slow
@pytest.mark.long
@needs_strace
@each_door
@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_reaches_nobody_and_writes_nothing(home: Path, tmp_path: Path, door: str, workers: int) -> None:
    """From start to end, with a prediction, a swap and a refusal."""
    store = tmp_path / "store"
    registry = swapping.store(store)
    given = environment(
        home, tmp_path, artifacts=store, model=registry.name, port=0, log_format="json", workers=workers
    )
    trace = tmp_path / "trace"
    with serving(door, tmp_path, given, traced(trace)) as server:
        assert server.request("POST", "/predict", BODY).status == 200
        assert server.request("GET", "/metrics").status == 200
        assert server.request("GET", "/docs").status == 200
        registry.promote(2)
        wait_for(server.process, lambda: version_of(server) == "2")
    assert reached(trace) == []
    assert written(trace, [tmp_path / "tmp"]) == []
    assert list(home.iterdir()) == []
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.slow
@pytest.mark.long
@needs_strace
def test_a_training_reaches_nobody_and_writes_its_version_only(home: Path, tmp_path: Path) -> None:
    store, trace = tmp_path / "store", tmp_path / "trace"
    given = environment(home, tmp_path)
    command = [*traced(trace), sys.executable, str(ROOT / "train.py"), "--artifacts", str(store)]
    done = subprocess.run(command, cwd=tmp_path, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Registry(store, "tumor").champion() == 1
    assert reached(trace) == []
    assert written(trace, [tmp_path / "tmp", store]) == []
    assert list(home.iterdir()) == []
    assert list((tmp_path / "tmp").iterdir()) == []


@needs_strace
def test_the_trace_sees_what_it_is_to_see(home: Path, tmp_path: Path) -> None:
    """The trace shows ONNX Runtime's files, a socket to another machine, and a name look-up."""
    program = (
        "import socket\n"
        f"open({str(home / 'mine')!r}, 'w').close()\n"
        "with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:\n"
        "    s.setblocking(False)\n"
        "    s.connect(('192.0.2.1', 9))\n"
    )
    given, trace = environment(home, tmp_path), tmp_path / "trace"
    subprocess.run([*traced(trace), sys.executable, "-c", program], cwd=tmp_path, env=given, check=False)
    assert written(trace, [tmp_path / "tmp"]) == [str(home / "mine")]
    assert any("192.0.2.1" in line for line in reached(trace))
    assert shutil.which("strace") is not None
