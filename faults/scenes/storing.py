"""Scenarios of storing a version: the order of writes, and a full disk."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from faults.scenario import NO_DOOR, Outcome, all_of, scenario
from faults.stage import Stage
from harness import ROOT
from harness.clients import Clients
from harness.clients import asking as while_they_ask

LONGEST: Final = 120.0
DISK: Final = 8 * 1024 * 1024
ROOM: Final = 64 * 1024
"""Bytes left on the disk: less than a version takes."""


@scenario(
    "F6",
    "every fsync and rename of a training, seen by strace",
    "each file of a version and its folder reach the disk before it gets its name, and the name before the pointer",
    doors=NO_DOOR,
)
def order_of_writes(stage: Stage) -> Outcome:
    """A power failure then leaves either a complete version or none."""
    tracer = shutil.which("strace")
    if tracer is None:
        return Outcome(kept=True, happened="not played: there is no strace here")
    store, trace = stage.new_folder(), stage.folder / "trace"
    command = [tracer, "-f", "-qq", "-y", "-s", "4096", "-e", "trace=fsync,rename,renameat,renameat2", "-o", str(trace)]
    ended = _train(store, command)
    lines = trace.read_text().splitlines()
    named = next(turn for turn, line in enumerate(lines) if re.search(r'rename\w*\(.*/tumor/1"', line))
    pointed = next(turn for turn, line in enumerate(lines) if re.search(r'rename\w*\(.*/champion"', line))
    before, between = _synced(lines[:named]), _synced(lines[named:pointed])
    files = [path.relative_to(store / "tumor" / "1") for path in (store / "tumor" / "1").rglob("*") if path.is_file()]
    late = [str(file) for file in files if not any(path.endswith(f"/{file}") for path in before)]
    staged = re.findall(r'"([^"]+)"', lines[named])[0]
    return all_of(
        (ended.returncode == 0, f"exit code {ended.returncode}"),
        (not late, f"{len(files)} files" + (f", of which too late: {', '.join(late)}" if late else "")),
        (staged in before, "then their folder"),
        (str(store / "tumor") in between, "then the name's folder, and the pointer"),
    )


@scenario(
    "F7",
    "a training into a full disk, beside a server of the champion that lies on it",
    "a sentence, no traceback, exit code 1; nothing left behind; the champion serves and is whole",
)
def full_disk(stage: Stage) -> Outcome:
    """A file system in memory with room for one version."""
    with _small_disk(stage.new_folder()) as disk:
        if disk is None:
            return Outcome(kept=True, happened="not played: mounting a small file system takes root")
        shutil.copytree(stage.models.tumor / "tumor", disk / "tumor")
        before = sorted((disk / "tumor").iterdir())
        filler = disk / "filler"
        filler.write_bytes(bytes(shutil.disk_usage(disk).free - ROOM))
        with stage.server(disk) as server, while_they_ask(Clients(server.port, stage.body, 2)) as asking:
            ended = _train(disk)
        filler.unlink()
        left = sorted({*(disk / "tumor").iterdir()} - {*before, disk / "tumor" / "lock"})
        with stage.server(disk) as server:
            again = server.request("POST", "/predict", stage.body).status
    said = ended.stderr.strip().splitlines()[-1]  # The lines before it are the progress.
    bad = sum(number for status, number in asking.seen.items() if status != "200")
    return all_of(
        (ended.returncode == 1 and said.startswith("train.py: "), f"exit code {ended.returncode}, `{said}`"),
        (not left, f"left behind: {', '.join(path.name for path in left) or 'nothing'}"),
        (bad == 0 and again == 200, f"{asking.seen['200']:,} answers meanwhile, {bad} failures; afterwards {again}"),
    )


def _train(store: Path, tracer: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    command = [*tracer, sys.executable, str(ROOT / "train.py"), "--artifacts", str(store)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST, cwd=ROOT)  # noqa: S603


def _synced(lines: Sequence[str]) -> list[str]:
    """The paths that these calls to `fsync` wrote to the disk."""
    return [call[1] for line in lines if (call := re.search(r"fsync\(\d+<(.+)>\)", line))]


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path | None]:
    """A context with a small file system; None if mounting is not permitted."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)  # noqa: S603  # The system's own.
    except (OSError, subprocess.CalledProcessError):
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=False)  # noqa: S603, S607  # As above.


SCENES: Final = (order_of_writes, full_disk)
