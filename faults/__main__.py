"""`python -m faults`: run the scenarios at both doors and write docs/reliability.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench import facts
from faults import report
from faults.catalog import ELSEWHERE, SCENARIOS, soak
from faults.results import Results, name_of
from faults.scenario import Outcome, Scenario
from faults.stage import Models, Stage
from harness import ROOT

RESULTS: Final = Path(__file__).parent / "results.json"
PAGE: Final = ROOT / "docs" / "reliability.md"
REQUESTS: Final = 1_000_000
BROKEN: Final = 1


def main() -> int:
    """Run the chosen scenarios; the exit code is 1 if a promise was broken."""
    options = _options().parse_args()
    results = Results.read(RESULTS)
    results.machine = facts.machine()
    if options.soak:
        results.requests = options.requests
    long = soak(results.requests)
    scenarios = long if options.soak else SCENARIOS
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        models = Models(Path(folder) / "models")
        chosen = [item for item in scenarios if not options.only or name_of(item) in options.only]
        kept = [
            _play(item, door, models, Path(folder), results) for item in chosen for door in _doors(item, options.doors)
        ]
    PAGE.write_text(report.render([*SCENARIOS, *long], ELSEWHERE, results))
    _say(f"{sum(kept)} of {len(kept)} promises kept; written: docs/reliability.md")
    return 0 if all(kept) else BROKEN


def _doors(scenario: Scenario, wanted: Sequence[str]) -> list[str]:
    return [door for door in scenario.doors if not wanted or door in wanted]


def _play(scenario: Scenario, door: str, models: Models, folder: Path, results: Results) -> bool:
    began = time.monotonic()
    stage = Stage(door, Path(tempfile.mkdtemp(dir=folder)), models)
    try:
        outcome = scenario.play(stage)
    except Exception as error:  # A scenario that fails counts as a broken promise; the others go on.
        outcome = Outcome(kept=False, happened=f"the scenario itself failed: {type(error).__name__}: {error}"[:200])
    seconds = time.monotonic() - began
    results.note(scenario, door, outcome, seconds)
    results.write(RESULTS)
    verdict = "kept" if outcome.kept else "BROKEN"
    _say(f"{verdict:6} {scenario.key:4} {name_of(scenario)} {door} ({seconds:.1f} s): {outcome.happened}")
    return outcome.kept


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m faults",
        description="Do to both doors what should not happen, and write docs/reliability.md.",
    )
    names = [name_of(item) for item in SCENARIOS]
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=names, help=f"of: {', '.join(names)}")
    parser.add_argument("--doors", nargs="+", default=[], metavar="DOOR", help="one door only")
    parser.add_argument("--soak", action="store_true", help="the long one instead")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="of the long one (default: %(default)s)")
    return parser


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # The output of the command.


if __name__ == "__main__":
    sys.exit(main())
