"""What was found, kept beside the program, so that the two commands write one table."""

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
    """Of the soak, which its row tells."""

    @classmethod
    def read(cls, path: Path) -> Results:
        """What an earlier run left, or nothing."""
        if not path.exists():
            return cls()
        content = json.loads(path.read_text())
        return cls(content["outcomes"], content["machine"], content["requests"])

    def write(self, path: Path) -> None:
        """For the next run."""
        content = {"machine": dict(self.machine), "requests": self.requests, "outcomes": self.outcomes}
        path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")

    def note(self, scenario: Scenario, door: str, outcome: Outcome, seconds: float) -> None:
        """In place of what was there."""
        self.outcomes.setdefault(name_of(scenario), {})[door] = {
            "kept": outcome.kept,
            "happened": outcome.happened,
            "seconds": round(seconds, 1),
            "date": datetime.now(UTC).date().isoformat(),
        }

    def of(self, scenario: Scenario, door: str) -> Outcome | None:
        """The last outcome."""
        found = self.outcomes.get(name_of(scenario), {}).get(door)
        return None if found is None else Outcome(found["kept"], found["happened"])


def name_of(scenario: Scenario) -> str:
    """A scenario's own name: its key may stand before several."""
    return scenario.play.__name__
