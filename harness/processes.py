"""What a server costs: processor time and memory of its processes, from the system's own accounts in /proc."""

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
"""Seconds in the unit of the accounts."""
MEGABYTE: Final = 1_000_000


@dataclass(frozen=True)
class Process:
    """One line of the accounts."""

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
    """A process and everything that descends from it."""
    children: dict[int, list[Process]] = {}
    found = []
    for process in processes:
        children.setdefault(process.parent, []).append(process)
        if process.number == root:
            found.append(process)
    for process in found:  # Grows while it is read.
        found += children.get(process.number, [])
    return found


def family(root: int) -> list[Process]:
    """The process tree below a process that runs now."""
    return tree(root, _all())


def seconds_between(before: Iterable[Process], after: Iterable[Process]) -> float:
    """Processor time that a tree used between two looks at it; who came in between counts from its start."""
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
    """Seconds that a core has worked since the system started, for whomever."""
    return parse_busy((PROC / "stat").read_text(), core)


def parse_busy(text: str, core: int) -> float:
    """The same from the content of `/proc/stat`: user, nice, system, interrupts and time stolen by other machines."""
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
