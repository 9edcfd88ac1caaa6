"""The effects of a process by strace: addresses it connected to, and files it opened for writing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import pytest

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

CALLS: Final = (
    "%network,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,truncate"
)
PLACES: Final = ("/dev/null", "/dev/tty", "/proc/self/", "/dev/shm/")
"""What is no file of any disk."""
LOOPBACK: Final = re.compile(r'inet_addr\("127\.|inet_pton\(AF_INET6, "::1"')


def traced(trace: Path) -> list[str]:
    """The command prefix that traces a program."""
    return ["strace", "-f", "-qq", "-y", "--seccomp-bpf", "-s", "512", "-e", f"trace={CALLS}", "-o", str(trace)]


def calls(trace: Path) -> list[str]:
    """The lines of the trace without process numbers; interrupted calls have their arguments in the first part."""
    lines = (line.partition(" ")[2].strip() for line in trace.read_text(errors="replace").splitlines())
    return [line for line in lines if not line.startswith("<...")]


def reached(trace: Path) -> list[str]:
    """Every attempt to reach another machine, name look-ups included."""
    asked = [line for line in calls(trace) if line.startswith(("connect(", "sendto(", "sendmsg(", "sendmmsg("))]
    named = [line for line in asked if "sa_family=" in line]
    return [line for line in named if not (LOOPBACK.search(line) or ("AF_UNIX" in line and "nscd" not in line))]


def written(trace: Path, folders: Iterable[Path]) -> list[str]:
    """Every file that was opened for writing or created outside these folders."""
    allowed = tuple(f"{folder.resolve()}" for folder in folders) + PLACES
    outside = []
    for line in calls(trace):
        call = line.partition("(")[0]
        if call in ("open", "openat") and not re.search(r"O_WRONLY|O_RDWR|O_CREAT", line):
            continue
        if call in ("open", "openat", "creat", "mkdir", "mkdirat", "truncate") or call.startswith(
            ("rename", "link", "sym")
        ):
            outside += [path for path in paths(line) if not path.startswith(allowed) and "= -1" not in line]
    return outside


def paths(line: str) -> Sequence[str]:
    """The absolute paths of a call."""
    matches = re.findall(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"([^"]*)"', line)
    return [name if name.startswith("/") else f"{folder}/{name}" for folder, name in matches]
