"""What a run of the comparison found, as plain values that JSON holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench import results as bench_results
from bench.compare.counting import Size
from bench.compare.judging import Judged
from bench.results import Results, Sample, Spread, spread

ENOUGH = 1_000
"""Answers in all rounds together below which nothing is said of one in a hundred."""


@dataclass
class Comparison:
    """Everything of one run."""

    speed: Results
    """Its facts are those of the whole run. A server is named by its variant and its mode."""
    validation: dict[str, Judged] = field(default_factory=dict)
    sizes: dict[str, Size] = field(default_factory=dict)
    snippets: dict[str, Size] = field(default_factory=dict)
    """By topic and framework, as `openapi_flask`."""
    mistakes: dict[str, list[bool | None]] = field(default_factory=dict)
    """By variant, whether the type checker finds each; None where there is no place for it."""
    claims: dict[str, str] = field(default_factory=dict)
    """By claim, what its check printed."""

    def write(self, path: Path) -> None:
        """Write everything as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @property
    def facts(self) -> Mapping[str, Any]:
        """Machine, versions, settings."""
        return self.speed.facts

    def throughput(self, variant: str, mode: str, kind: str, connections: int) -> Spread | None:
        """Answers in a second, over the rounds in which all were good."""
        return spread([sample.requests_per_second for sample in self.samples(variant, mode, kind, connections)])

    def latency(self, variant: str, mode: str, kind: str, connections: int) -> Spread | None:
        """Milliseconds of which 99 of 100 answers took less; None where there were not enough answers."""
        found = self.samples(variant, mode, kind, connections)
        answers = sum(sample.requests_per_second for sample in found) * self.seconds(kind, connections)
        return spread([sample.latency["p99"] for sample in found]) if answers >= ENOUGH else None

    def seconds(self, kind: str, connections: int) -> float:
        """The length of a load on a production server."""
        settings = self.facts["settings"]
        length: float = settings.get("longer", {}).get(kind, {}).get(str(connections), settings["seconds"][kind])
        return length

    def samples(self, variant: str, mode: str, kind: str, connections: int) -> Sequence[Sample]:
        """The valid samples of one cell."""
        return [sample for sample in self.all_samples(variant, mode, kind, connections) if sample.valid]

    def all_samples(self, variant: str, mode: str, kind: str, connections: int) -> Sequence[Sample]:
        """The samples of one cell, those with errors included."""
        wanted = (f"{variant} {mode}", kind, connections)
        return [
            sample
            for sample in self.speed.samples
            if (sample.server, sample.model, sample.load.connections) == wanted
        ]  # fmt: skip

    def memory(self, variant: str, mode: str, which: str = "proportional") -> Spread | None:
        """Megabytes after the loads with the quick model."""
        return spread([start.memory[which] for start in self.speed.starts_of(f"{variant} {mode}", "quick")])

    def start(self, variant: str, mode: str) -> Spread | None:
        """Seconds to the first answer."""
        return spread([start.seconds_to_ready for start in self.speed.starts_of(f"{variant} {mode}", "quick")])


def read(path: Path) -> Comparison:
    """What `Comparison.write` wrote."""
    content = json.loads(path.read_text())
    return Comparison(
        bench_results.parse(content["speed"]),
        {name: Judged(**judged) for name, judged in content["validation"].items()},
        {name: Size(**size) for name, size in content["sizes"].items()},
        {name: Size(**size) for name, size in content["snippets"].items()},
        content["mistakes"],
        content["claims"],
    )
