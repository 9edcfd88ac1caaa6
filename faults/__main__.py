"""`python -m faults`: play the scenarios at both doors and write docs/reliability.md."""

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
    """Play what was asked for; the exit code is 1 when a promise was broken."""
    options = _options().parse_args()
    found = Results.read(RESULTS)
    found.machine = facts.machine()
    if options.soak:
        found.requests = options.requests
    long = soak(found.requests)
    scenarios = long if options.soak else SCENARIOS
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        models = Models(Path(folder) / "models")
        chosen = [item for item in scenarios if not options.only or name_of(item) in options.only]
        kept = [
            _play(item, door, models, Path(folder), found) for item in chosen for door in _doors(item, options.doors)
        ]
    PAGE.write_text(report.render([*SCENARIOS, *long], ELSEWHERE, found))
    _say(f"{sum(kept)} of {len(kept)} promises kept; written: docs/reliability.md")
    return 0 if all(kept) else BROKEN


def _doors(scenario: Scenario, wanted: Sequence[str]) -> list[str]:
    return [door for door in scenario.doors if not wanted or door in wanted]


def _play(scenario: Scenario, door: str, models: Models, folder: Path, found: Results) -> bool:
    began = time.monotonic()
    stage = Stage(door, Path(tempfile.mkdtemp(dir=folder)), models)
    try:
        outcome = scenario.play(stage)
    except Exception as error:  # One that fails in itself is a promise not kept; the others go on.
        outcome = Outcome(kept=False, happened=f"the scenario itself failed: {type(error).__name__}: {error}"[:200])
    seconds = time.monotonic() - began
    found.note(scenario, door, outcome, seconds)
    found.write(RESULTS)
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
    print(text, flush=True)  # noqa: T201  # The program's own voice.


if __name__ == "__main__":
    sys.exit(main())
