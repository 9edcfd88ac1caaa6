"""What a scenario is: something done to a server, a promise, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from faults.stage import Stage
from harness.running import DOORS

NO_DOOR: Final = ("model",)
"""For what happens before any door: files and versions."""


@dataclass(frozen=True)
class Outcome:
    """What came of it at one door."""

    kept: bool
    happened: str
    """Figures, in words for the table."""


Play = Callable[[Stage], Outcome]


@dataclass(frozen=True)
class Scenario:
    """One row of the table."""

    key: str
    done: str
    promise: str
    play: Play
    doors: tuple[str, ...]


@dataclass(frozen=True)
class Elsewhere:
    """A row that is tested elsewhere, or not at all, and why."""

    key: str
    done: str
    reason: str
    tests: tuple[str, ...] = ()
    """The tests that cover it instead."""


def scenario(key: str, done: str, promise: str, doors: tuple[str, ...] = DOORS) -> Callable[[Play], Scenario]:
    """Make a function a row of the table."""
    return lambda play: Scenario(key, done, promise, play, doors)


def all_of(*checks: tuple[bool, str]) -> Outcome:
    """An outcome of several figures, each with whether it is as promised; one that is not is set in bold."""
    return Outcome(all(kept for kept, _ in checks), "; ".join(text if kept else f"**{text}**" for kept, text in checks))
