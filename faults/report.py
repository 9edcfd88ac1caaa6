"""The page of the table: docs/reliability.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench.markdown import table
from faults.results import Results
from faults.scenario import Elsewhere, Scenario
from harness.running import DOORS

HEAD: Final = ("", "what was done", "what is promised", "FastAPI", "Flask")
TOP: Final = """# Reliability

What was done to the running service, what it promised, and what happened. Written by `make faults` (minutes) and
`make soak` (longer), which run both doors as their users start them, on loopback; never by hand. Each row is a function
in `faults/scenes/`; a broken promise stands in bold and makes the program's exit code 1. Figures belong to one machine,
with other work beside it: {machine}.
"""
NOT_PLAYED: Final = """## Not played here

What the suite holds instead, or why it cannot be done on one machine.
"""


def render(scenarios: Sequence[Scenario], elsewhere: Sequence[Elsewhere], found: Results) -> str:
    """The whole page."""
    machine = ", ".join(f"{name} {value}" for name, value in sorted(found.machine.items()))
    rows = [_row(scenario, found) for scenario in scenarios]
    others = [(item.key, item.done, item.reason, ", ".join(f"`{path}`" for path in item.tests)) for item in elsewhere]
    return "\n".join(
        [
            TOP.format(machine=machine or "unknown"),
            table(HEAD, rows, figures=False),
            "",
            NOT_PLAYED,
            table(("", "what", "why", "tests"), others, figures=False),
            "",
        ]
    )


def _row(scenario: Scenario, found: Results) -> tuple[str, ...]:
    cells = [_cell(scenario, door, found) for door in scenario.doors]
    if scenario.doors != DOORS:
        cells = [cells[0], "the same: it happens before any door"]
    return scenario.key, scenario.done, scenario.promise, *cells


def _cell(scenario: Scenario, door: str, found: Results) -> str:
    outcome = found.of(scenario, door)
    if outcome is None:
        return "not run yet"
    return f"{'passed' if outcome.kept else '**NOT KEPT**'}: {outcome.happened}"
