"""The results of a run, as plain values that JSON holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Load:
    """What the load generator does: single rows, or batches, over so many connections."""

    connections: int
    rows: int = 1

    @property
    def name(self) -> str:
        """The heading of the load in tables."""
        return f"1 x {self.rows:,} rows" if self.rows > 1 else f"{self.connections} conn."


@dataclass(frozen=True)
class Start:
    """One start of a server."""

    server: str
    model: str
    round: int
    seconds_to_ready: float
    memory: Mapping[str, float]
    """Megabytes after all loads."""


@dataclass(frozen=True)
class Sample:
    """One load on one server in one round."""

    server: str
    model: str
    load: Load
    round: int
    requests_per_second: float
    latency: Mapping[str, float]
    """Milliseconds by percentile."""
    cpu_per_request: float
    """Microseconds of processor time that the server's processes used for a request."""
    others: float
    """The share of the server's core that others took meanwhile; the more, the less the figures are worth."""
    errors: Mapping[str, int]
    valid: bool
    generator: float | None = None
    """The share of a core that the load generator used: near 1 it, and not the server, is the limit. None if a run did
    not measure it."""

    @property
    def rows_per_second(self) -> float:
        """Rows answered in a second."""
        return self.requests_per_second * self.load.rows


@dataclass(frozen=True)
class Skipped:
    """A server that was not measured, and the reason."""

    server: str
    model: str
    reason: str


@dataclass
class Results:
    """All results of one run; filled while it runs."""

    facts: Mapping[str, Any]
    samples: list[Sample] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def of(self, server: str, model: str, load: Load) -> Mapping[int, Sample]:
        """The valid samples by round."""
        return {
            sample.round: sample
            for sample in self.samples
            if sample.valid and (sample.server, sample.model, sample.load) == (server, model, load)
        }

    def starts_of(self, server: str, model: str) -> Sequence[Start]:
        """A server's starts."""
        return [start for start in self.starts if (start.server, start.model) == (server, model)]

    def models(self) -> Sequence[str]:
        """The models measured, in their order."""
        return list(dict.fromkeys(start.model for start in self.starts))

    def servers(self, model: str) -> Sequence[str]:
        """The servers measured with a model, in their order."""
        return list(dict.fromkeys(start.server for start in self.starts if start.model == model))

    def loads(self) -> Sequence[Load]:
        """The loads, in their order."""
        return list(dict.fromkeys(sample.load for sample in self.samples))

    def invalid(self) -> Iterator[Sample]:
        """The invalid samples: not every answer was good."""
        return (sample for sample in self.samples if not sample.valid)

    def write(self, path: Path) -> None:
        """Write the results as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def read(path: Path) -> Results:
    """Read the results that `Results.write` wrote."""
    return parse(json.loads(path.read_text()))


def parse(content: Mapping[str, Any]) -> Results:
    """The results in what JSON held."""
    samples = [Sample(**sample | {"load": Load(**sample["load"])}) for sample in content["samples"]]
    starts = [Start(**start) for start in content["starts"]]
    return Results(content["facts"], samples, starts, [Skipped(**skipped) for skipped in content["skipped"]])


@dataclass(frozen=True)
class Spread:
    """The median, the least and the greatest value of a figure over the rounds."""

    middle: float
    least: float
    most: float
    rounds: int


def spread(values: Sequence[float]) -> Spread | None:
    """The spread of some figures; None where there are none."""
    return Spread(median(values), min(values), max(values), len(values)) if values else None
