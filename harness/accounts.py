"""Memory, open files and processes of a server, from /proc."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from harness import processes
from harness.processes import PROC


@dataclass(frozen=True)
class Account:
    """One measurement of a server and all its child processes."""

    megabytes: float
    descriptors: int
    threads: int
    temporary: int
    """Files and folders in its working folder, which is its temporary folder, too."""


def account(root: int) -> Account:
    """Measure the process tree below this process."""
    family = processes.family(root)
    numbers = [process.number for process in family]
    return Account(
        megabytes=processes.memory(family)["resident"],
        descriptors=_count(numbers, "fd"),
        threads=_count(numbers, "task"),
        temporary=_count([root], "cwd"),
    )


def seconds(root: int) -> float:
    """The processor time of the tree, in seconds."""
    return sum(process.seconds for process in processes.family(root))


def workers(root: int) -> list[int]:
    """The child processes of a server, without the resource tracker of `multiprocessing`."""
    children = [process.number for process in processes.family(root) if process.parent == root]
    return [number for number in children if b"resource_tracker" not in _command(number)]


def _command(number: int) -> bytes:
    with contextlib.suppress(OSError):
        return (PROC / str(number) / "cmdline").read_bytes()
    return b""


def _count(numbers: Sequence[int], kind: str) -> int:
    count = 0
    for number in numbers:
        with contextlib.suppress(OSError):
            count += sum(1 for _ in (PROC / str(number) / kind).iterdir())
    return count
