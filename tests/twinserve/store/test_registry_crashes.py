"""A training that is killed anywhere, or that runs beside others, leaves a store that is whole."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest

from harness import ROOT
from twinserve.store.artifact import Trust, open_version
from twinserve.store.registry import Registry

pytestmark = [pytest.mark.slow, pytest.mark.long]
MOMENTS: Final = 12
MOST_STEPS: Final = 400


class Trainings:
    """A process that trains on command."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, command: str) -> None:
        """Give a command."""
        assert self.process.stdin is not None
        print(command, file=self.process.stdin, flush=True)

    def answer(self) -> str:
        """The answer to the next command."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def train(self, command: str) -> int:
        """One training; its exit code."""
        self.ask(command)
        return int(self.answer())


@contextmanager
def trainings(root: Path, *before: str) -> Iterator[Trainings]:
    """A process that is ready to train into a store; `before` is a command to run it under."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [*before, sys.executable, "-m", "tests.twinserve.store.crashing", str(root)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT, env=environment) as process:
        trainings = Trainings(process)
        assert trainings.answer() == "ready"
        yield trainings
        process.communicate(timeout=60)


def assert_whole(registry: Registry, champions: set[int | None]) -> None:
    """The champion is one of these and serves, every version is a whole one, and the next run cleans up."""
    champion = registry.champion()
    assert champion in champions
    for version in {champion, *registry.versions()[-1:]} - {None}:
        open_version(registry.path(version or 0), Trust())
    with registry.staging():
        pass
    names = {path.name for path in registry.folder.iterdir()}
    assert names <= {*map(str, registry.versions()), "champion", "history", "lock"}


@pytest.mark.parametrize("stride", [7, pytest.param(1, marks=pytest.mark.extended)])
def test_killed_at_every_step_a_training_leaves_the_store_whole(tmp_path: Path, stride: int) -> None:
    """CI takes every seventh one, and all of the last seven: each is a training."""
    registry = Registry(tmp_path, "fruit")
    with trainings(tmp_path) as process:

        def killed(step: int) -> bool | None:
            """Was the training's version promoted, though it was killed there? None if it came to its end before."""
            before, newest = registry.champion(), max(registry.versions())
            code = process.train(f"step {step}")
            assert_whole(registry, {before, newest + 1})
            assert code in (0, -9)
            return registry.champion() == newest + 1 if code else None

        assert process.train("whole") == 0
        end = next(step for step in range(1, MOST_STEPS, stride) if killed(step) is None)
        last = [killed(step) for step in range(end - stride, end)]
    assert end > 12
    assert any(last)  # The last steps come after the champion's file was replaced.


def test_killed_at_any_moment_a_training_leaves_the_store_whole(tmp_path: Path) -> None:
    """A training that comes to its end before it was to be killed shortens the time for the next."""
    registry, rng = Registry(tmp_path, "fruit"), random.Random(0)
    killed, seconds = 0, 1.0
    with trainings(tmp_path) as process:
        assert process.train("whole") == 0
        for _ in range(MOST_STEPS):
            before, newest = registry.champion(), max(registry.versions())
            moment, began = rng.uniform(0.001, seconds), time.monotonic()
            code = process.train(f"after {moment:.6f}")
            assert code in (0, -signal.SIGALRM)
            assert_whole(registry, {before, newest + 1})
            killed += code != 0
            if killed == MOMENTS:
                return
            if code == 0:
                seconds = min(seconds, time.monotonic() - began)
    pytest.fail(f"only {killed} trainings were killed")


def test_four_trainings_at_once_make_twelve_whole_versions(tmp_path: Path) -> None:
    """Three times each, none of them touching what another writes."""
    registry = Registry(tmp_path, "fruit")
    with ExitStack() as stack:
        processes = [stack.enter_context(trainings(tmp_path)) for _ in range(4)]
        for process in processes * 3:
            process.ask("whole")
        answers = [process.answer() for process in processes * 3]
    assert answers == ["0"] * 12
    assert registry.versions() == list(range(1, 13))
    for version in registry.versions():
        open_version(registry.path(version), Trust())
    history = [int(line) for line in (registry.folder / "history").read_text().split()]
    assert sorted(history) == list(range(1, 13))  # No promotion was lost.
    assert registry.champion() == history[-1]


def test_files_are_on_disk_before_they_are_renamed_and_names_before_anybody_relies_on_them(tmp_path: Path) -> None:
    """After a power cut, what has its name has its content."""
    calls = traced(tmp_path)
    final = tmp_path / "fruit" / "1"
    (renamed,) = [place for place, (call, _, target) in enumerate(calls) if call == "rename" and target == str(final)]
    staged = Path(calls[renamed][1])
    synced = [path for call, path, _ in calls[:renamed] if call == "fsync"]
    files = {str(staged / path.relative_to(final)) for path in final.rglob("*") if path.is_file()}
    assert files < set(synced)
    assert synced[-1] == str(staged)
    assert calls[renamed + 1][:2] == ("fsync", str(tmp_path / "fruit"))
    for name in ("history", "champion"):
        (place,) = [p for p, (call, _, to) in enumerate(calls) if call == "rename" and to == str(final.parent / name)]
        assert place > renamed
        assert calls[place - 1][:2] == ("fsync", calls[place][1])
        assert calls[place + 1][:2] == ("fsync", str(final.parent))


def traced(root: Path) -> list[tuple[str, str, str]]:
    """The calls of one training that make things last: what, on which path, to which."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    log = root / "strace"
    options = ("-f", "-y", "-qq", "-o", str(log), "-s", "1000", "-e", "trace=fsync,fdatasync,rename,renameat,renameat2")
    if subprocess.run(["strace", *options, "true"], check=False, capture_output=True).returncode:
        pytest.skip("strace may not trace here")
    with trainings(root, "strace", *options) as process:
        assert process.train("whole") == 0
    calls = []
    for line in log.read_text().splitlines():
        if synced := re.search(r"f(?:data)?sync\(\d+<([^>]*)>\)\s+= 0", line):
            calls.append(("fsync", synced[1], ""))
        elif renamed := re.search(r'rename\w*\(.*?"([^"]*)",.*?"([^"]*)".*\)\s+= 0', line):
            calls.append(("rename", renamed[1], renamed[2]))
    return [call for call in calls if call[1].startswith(str(root / "fruit"))]
