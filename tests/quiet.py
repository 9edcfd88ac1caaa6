"""What a process did, as strace saw it: where it connected to, and what it opened to write."""

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
    """How to start a program whose calls are to be seen."""
    return ["strace", "-f", "-qq", "-y", "--seccomp-bpf", "-s", "512", "-e", f"trace={CALLS}", "-o", str(trace)]


def calls(trace: Path) -> list[str]:
    """Its lines without the number of the process; a call that was interrupted has its arguments in the first part."""
    lines = (line.partition(" ")[2].strip() for line in trace.read_text(errors="replace").splitlines())
    return [line for line in lines if not line.startswith("<...")]


def reached(trace: Path) -> list[str]:
    """Every attempt to reach somebody beyond this machine, the look-up of a name included."""
    asked = [line for line in calls(trace) if line.startswith(("connect(", "sendto(", "sendmsg(", "sendmmsg("))]
    named = [line for line in asked if "sa_family=" in line]
    return [line for line in named if not (LOOPBACK.search(line) or ("AF_UNIX" in line and "nscd" not in line))]


def written(trace: Path, folders: Iterable[Path]) -> list[str]:
    """Every file that was opened to be written, and every name that was made, outside of these folders."""
    allowed = tuple(f"{folder.resolve()}" for folder in folders) + PLACES
    found = []
    for line in calls(trace):
        call = line.partition("(")[0]
        if call in ("open", "openat") and not re.search(r"O_WRONLY|O_RDWR|O_CREAT", line):
            continue
        if call in ("open", "openat", "creat", "mkdir", "mkdirat", "truncate") or call.startswith(
            ("rename", "link", "sym")
        ):
            found += [path for path in paths(line) if not path.startswith(allowed) and "= -1" not in line]
    return found


def paths(line: str) -> Sequence[str]:
    """The absolute paths of a call."""
    found = re.findall(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"([^"]*)"', line)
    return [name if name.startswith("/") else f"{folder}/{name}" for folder, name in found]
