"""Write docs/reliability.md from the results of the scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench.markdown import table
from faults.results import Results
from faults.scenario import Elsewhere, Scenario
from harness.running import DOORS

HEAD: Final = ("", "test", "promise", "FastAPI", "Flask")
TOP: Final = """# Reliability

How the running service was tested, what it promises, and what happened. Written by `make faults` (minutes) and
`make soak` (longer); do not edit. Both run each door (the FastAPI and the Flask side of the service) on loopback,
started as its users start it. Each row is a function in `faults/scenes/`. A broken promise is shown in bold, and the
program then ends with exit code 1. Figures are from one machine, which had other work to do: {machine}.
"""
ELSEWHERE: Final = """## Tested elsewhere

What the test suite covers instead, and what cannot be tested on one machine.
"""


def render(scenarios: Sequence[Scenario], elsewhere: Sequence[Elsewhere], results: Results) -> str:
    """The page as Markdown."""
    machine = ", ".join(f"{name} {value}" for name, value in sorted(results.machine.items()))
    rows = [_row(scenario, results) for scenario in scenarios]
    others = [(item.key, item.done, item.reason, ", ".join(f"`{path}`" for path in item.tests)) for item in elsewhere]
    return "\n".join(
        [
            TOP.format(machine=machine or "unknown"),
            table(HEAD, rows, figures=False),
            "",
            ELSEWHERE,
            table(("", "test", "why not here", "tests"), others, figures=False),
            "",
        ]
    )


def _row(scenario: Scenario, results: Results) -> tuple[str, ...]:
    cells = [_cell(scenario, door, results) for door in scenario.doors]
    if scenario.doors != DOORS:
        cells = [cells[0], "the same: it happens before any door"]
    return scenario.key, scenario.done, scenario.promise, *cells


def _cell(scenario: Scenario, door: str, results: Results) -> str:
    outcome = results.of(scenario, door)
    if outcome is None:
        return "not run yet"
    return f"{'passed' if outcome.kept else '**NOT KEPT**'}: {outcome.happened}"
