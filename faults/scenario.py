"""`Scenario`: a fault, the promise of the service under it, and the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from faults.stage import Stage
from harness.running import DOORS

NO_DOOR: Final = ("model",)
"""The doors of a scenario that needs none: files and versions."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a scenario at one door."""

    kept: bool
    happened: str
    """Figures as text for the table."""


Play = Callable[[Stage], Outcome]


@dataclass(frozen=True)
class Scenario:
    """A scenario: one row of the table."""

    key: str
    done: str
    promise: str
    play: Play
    doors: tuple[str, ...]


@dataclass(frozen=True)
class Elsewhere:
    """A row that the test suite covers, or that nothing covers, with the reason."""

    key: str
    done: str
    reason: str
    tests: tuple[str, ...] = ()
    """The tests that cover it."""


def scenario(key: str, done: str, promise: str, doors: tuple[str, ...] = DOORS) -> Callable[[Play], Scenario]:
    """A decorator that makes a scenario of a function."""
    return lambda play: Scenario(key, done, promise, play, doors)


def all_of(*checks: tuple[bool, str]) -> Outcome:
    """An outcome of several figures, each with whether it is as promised; the others are set in bold."""
    return Outcome(all(kept for kept, _ in checks), "; ".join(text if kept else f"**{text}**" for kept, text in checks))
