"""The load generator: run wrk and parse its results."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SCRIPT: Final = Path(__file__).parent / "post.lua"
PATIENCE: Final = 30
"""Seconds after which wrk counts an unanswered request as an error."""


class LoadFailed(Exception):
    """wrk is missing or failed."""


@dataclass(frozen=True)
class Outcome:
    """The results of one run of wrk."""

    requests: int
    seconds: float
    latency: Mapping[str, float]
    """Milliseconds at each percentile, and the maximum."""
    errors: Mapping[str, int]
    """By kind; `status` counts the answers from 400 on."""

    @property
    def valid(self) -> bool:
        """Were there answers, and were all of them good?"""
        return self.requests > 0 and not any(self.errors.values())

    @property
    def requests_per_second(self) -> float:
        """Answers in a second."""
        return self.requests / self.seconds


def version() -> str:
    """The version of wrk; raises `LoadFailed` where there is none."""
    if shutil.which("wrk") is None:
        raise LoadFailed("wrk is not installed; it is the package `wrk` of Debian and Ubuntu.")
    shown = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False)  # noqa: S607  # The user's own.
    return (shown.stdout or shown.stderr).split(" [")[0].removeprefix("wrk ").strip()


def run(url: str, body: Path, content_type: str, *, connections: int, seconds: float, core: int) -> Outcome:
    """Post a body for some seconds over so many connections, from one core."""
    command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{connections}", f"-d{_whole(seconds)}s"]
    command += [f"--timeout={PATIENCE}s", f"--script={SCRIPT}", url, "--", str(body), content_type]
    limit = seconds + PATIENCE + 10
    try:
        shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise LoadFailed(f"wrk did not end within {limit:.0f} s.") from None
    if shown.returncode:
        raise LoadFailed(f"wrk ended with code {shown.returncode}.")
    return parse(shown.stdout.splitlines())


def parse(lines: Sequence[str]) -> Outcome:
    """The outcome that the script printed behind wrk's own report."""
    outcome = next((line for line in reversed(lines) if line.startswith('{"requests"')), None)
    if outcome is None:
        raise LoadFailed("wrk printed no outcome.")
    facts = json.loads(outcome)
    return Outcome(
        requests=facts["requests"],
        seconds=facts["microseconds"] / 1e6,
        latency={name: value / 1e3 for name, value in facts["latency"].items()},
        errors=facts["errors"],
    )


def _whole(seconds: float) -> int:
    return max(1, round(seconds))
