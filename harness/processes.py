"""Processor time and memory of process trees, from /proc."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICK: Final = 1 / os.sysconf("SC_CLK_TCK")
"""Seconds in one clock tick of /proc."""
MEGABYTE: Final = 1_000_000


@dataclass(frozen=True)
class Process:
    """One process of /proc."""

    number: int
    parent: int
    seconds: float
    """Processor time, in user and kernel mode, of all its threads."""


def parse_stat(text: str) -> Process:
    """The content of `/proc/N/stat`; the name in brackets may hold blanks and brackets."""
    number, rest = text.split(" (", 1)
    fields = rest.rpartition(") ")[2].split()
    return Process(int(number), int(fields[1]), (int(fields[11]) + int(fields[12])) * TICK)


def tree(root: int, processes: Iterable[Process]) -> list[Process]:
    """A process and all its descendants."""
    children: dict[int, list[Process]] = {}
    descendants = []
    for process in processes:
        children.setdefault(process.parent, []).append(process)
        if process.number == root:
            descendants.append(process)
    for process in descendants:  # Grows while it is read.
        descendants += children.get(process.number, [])
    return descendants


def family(root: int) -> list[Process]:
    """The running process with this number and all its descendants."""
    return tree(root, _all())


def seconds_between(before: Iterable[Process], after: Iterable[Process]) -> float:
    """The processor time that a tree used between two measurements; a process started between them counts fully."""
    earlier = {process.number: process.seconds for process in before}
    return sum(process.seconds - earlier.get(process.number, 0.0) for process in after)


def memory(processes: Iterable[Process]) -> Mapping[str, float]:
    """Megabytes held: `resident` counts a page once for each process, `proportional` shares it out among its users."""
    total = {"resident": 0.0, "proportional": 0.0}
    for process in processes:
        with contextlib.suppress(OSError):
            rollup = parse_rollup((PROC / str(process.number) / "smaps_rollup").read_text())
            total = {kind: value + rollup.get(kind, 0.0) for kind, value in total.items()}
    return total


def parse_rollup(text: str) -> Mapping[str, float]:
    """The content of `/proc/N/smaps_rollup`, in megabytes."""
    names = {"Rss": "resident", "Pss": "proportional"}
    lines = re.findall(r"^(Rss|Pss):\s+(\d+) kB$", text, re.MULTILINE)
    return {names[name]: int(kilobytes) * 1024 / MEGABYTE for name, kilobytes in lines}


def busy(core: int) -> float:
    """Seconds that a core has been busy since the system started."""
    return parse_busy((PROC / "stat").read_text(), core)


def parse_busy(text: str, core: int) -> float:
    """The same from the content of `/proc/stat`: user, nice, system, interrupts and stolen time."""
    line = re.search(rf"^cpu{core} (.+)$", text, re.MULTILINE)
    if line is None:
        raise OSError(f"The system has no core {core}.")
    user, nice, system, _idle, _waiting, hard, soft, stolen = map(int, line[1].split()[:8])
    return (user + nice + system + hard + soft + stolen) * TICK


def _all() -> list[Process]:
    processes = []
    for path in PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # A process may end while we look.
            processes.append(parse_stat(path.read_text()))
    return processes
