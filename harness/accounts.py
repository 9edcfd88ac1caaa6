"""What a server holds, by the system's own accounts."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from harness import processes
from harness.processes import PROC


@dataclass(frozen=True)
class Account:
    """One look at a server and everything that it started."""

    megabytes: float
    descriptors: int
    threads: int
    temporary: int
    """Files and folders in its own folder, which is its temporary one, too."""


def account(root: int) -> Account:
    """A look at the process tree below this one."""
    family = processes.family(root)
    numbers = [process.number for process in family]
    return Account(
        megabytes=processes.memory(family)["resident"],
        descriptors=_count(numbers, "fd"),
        threads=_count(numbers, "task"),
        temporary=_count([root], "cwd"),
    )


def seconds(root: int) -> float:
    """Processor time that the tree has used."""
    return sum(process.seconds for process in processes.family(root))


def workers(root: int) -> list[int]:
    """The processes that a server's own process has started, but for the resource tracker of `multiprocessing`."""
    children = [process.number for process in processes.family(root) if process.parent == root]
    return [number for number in children if b"resource_tracker" not in _command(number)]


def _command(number: int) -> bytes:
    with contextlib.suppress(OSError):
        return (PROC / str(number) / "cmdline").read_bytes()
    return b""


def _count(numbers: Sequence[int], kind: str) -> int:
    found = 0
    for number in numbers:
        with contextlib.suppress(OSError):
            found += sum(1 for _ in (PROC / str(number) / kind).iterdir())
    return found
