"""The facts of a run: machine, versions, command. No names of hosts, users or folders."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import wrk
from bench.environments import interpreter, versions
from bench.prepared import ROOT
from bench.subjects import Subject


def collect(arguments: Sequence[str], subjects: Iterable[Subject], settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Everything that a reader needs to run this again elsewhere."""
    measured = [subject for subject in subjects if interpreter(subject.environment)]
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": " ".join(["python -m bench", *arguments]),
        "commit": _commit(),
        "settings": dict(settings),
        "machine": machine(),
        "versions": _versions(measured),
        "about": {subject.name: subject.about for subject in measured},
        "groups": {subject.name: subject.group for subject in measured},
        "floors": {subject.name: subject.floor for subject in measured if subject.floor},
    }


def machine() -> Mapping[str, str]:
    """Processor, cores and system."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "processor": cpu_model(Path("/proc/cpuinfo").read_text()),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "wrk": wrk.version(),
    }


def cpu_model(text: str) -> str:
    """The model in the content of `/proc/cpuinfo`."""
    name = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return name[1].strip() if name else platform.machine()


def _versions(subjects: Iterable[Subject]) -> Mapping[str, Mapping[str, str]]:
    """The versions of the measured packages, by environment; ours is named `twinserve`."""
    wanted: dict[str | None, dict[str, None]] = {}
    for subject in subjects:
        wanted.setdefault(subject.environment, {}).update(dict.fromkeys(subject.distributions))
    return {environment or "twinserve": versions(environment, list(names)) for environment, names in wanted.items()}


def _commit() -> str:
    """The git commit of the sources."""
    shown = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"],  # noqa: S607  # Whichever git the user has.
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return shown.stdout.strip() or "unknown"
