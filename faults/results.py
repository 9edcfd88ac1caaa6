"""`Results`: the last outcomes, stored in `results.json`, so that both commands write one table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from faults.scenario import Outcome, Scenario


@dataclass
class Results:
    """The last outcome of each scenario at each door."""

    outcomes: dict[str, Any] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)
    requests: int = 1_000_000
    """The number of requests of the soak, which its row has."""

    @classmethod
    def read(cls, path: Path) -> Results:
        """The results of earlier runs, empty if there are none."""
        if not path.exists():
            return cls()
        content = json.loads(path.read_text())
        return cls(content["outcomes"], content["machine"], content["requests"])

    def write(self, path: Path) -> None:
        """Store the results for the next run."""
        content = {"machine": dict(self.machine), "requests": self.requests, "outcomes": self.outcomes}
        path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")

    def note(self, scenario: Scenario, door: str, outcome: Outcome, seconds: float) -> None:
        """Set an outcome in place of the last one."""
        self.outcomes.setdefault(name_of(scenario), {})[door] = {
            "kept": outcome.kept,
            "happened": outcome.happened,
            "seconds": round(seconds, 1),
            "date": datetime.now(UTC).date().isoformat(),
        }

    def of(self, scenario: Scenario, door: str) -> Outcome | None:
        """The last outcome at a door; None if there is none."""
        outcome = self.outcomes.get(name_of(scenario), {}).get(door)
        return None if outcome is None else Outcome(outcome["kept"], outcome["happened"])


def name_of(scenario: Scenario) -> str:
    """The name of a scenario's function; several scenarios may share a key."""
    return scenario.play.__name__
