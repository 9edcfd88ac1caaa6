"""The number of cores that this process may use."""

from __future__ import annotations

import os
from pathlib import Path


def available_cores() -> int:
    """The lower of this process's CPU affinity and its cgroup's quota, in whole cores; at least 1."""
    cores = len(os.sched_getaffinity(0))
    for path, parse in ((Path("/sys/fs/cgroup/cpu.max"), _quota_v2), (Path("/sys/fs/cgroup/cpu"), _quota_v1)):
        try:
            quota = parse(path)
        except (OSError, ValueError):
            continue
        if quota > 0:
            return max(1, min(cores, int(quota)))
    return cores


def _quota_v2(path: Path) -> float:
    quota, period = path.read_text().split()
    return 0.0 if quota == "max" else int(quota) / int(period)


def _quota_v1(path: Path) -> float:
    quota, period = (int((path / f"cpu.cfs_{name}_us").read_text()) for name in ("quota", "period"))
    return quota / period  # Negative: no quota.
