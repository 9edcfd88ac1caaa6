"""Ratios within a run: each round's figure over another server's in the same round, then the median and the spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from bench.results import Load, Results, Sample, Spread, spread

Figure = Literal["throughput", "cpu"]
YARDSTICKS: Final = ("floor-fastapi-typed", "floor-starlette")
"""What every server is held against, whatever its framework."""


def ratio(results: Results, server: str, against: str, model: str, load: Load, figure: Figure) -> Spread | None:
    """How many times as much; for processor time, how many times as much the other one needs. Above 1 is better.
    None where no round has both."""
    mine, theirs = results.of(server, model, load), results.of(against, model, load)
    return spread([_quotient(mine[number], theirs[number], figure) for number in sorted(mine.keys() & theirs.keys())])


def _quotient(mine: Sample, theirs: Sample, figure: Figure) -> float:
    if figure == "throughput":
        return mine.rows_per_second / theirs.rows_per_second
    return (theirs.cpu_per_request / theirs.load.rows) / max(mine.cpu_per_request / mine.load.rows, 1e-9)


def opponents(results: Results, server: str, model: str) -> Sequence[str]:
    """What a server is held against: its own floor, the yardsticks, then all tutorials and peers."""
    groups: Mapping[str, str] = results.facts["groups"]
    own = results.facts["floors"].get(server)
    rest = [name for name in results.servers(model) if groups[name] in ("tutorial", "peer")]
    wanted = dict.fromkeys([own, *YARDSTICKS, *rest])
    return [name for name in results.servers(model) if name in wanted and name != server]


def table(results: Results, server: str, model: str, figure: Figure) -> Sequence[Sequence[Spread | None]]:
    """One row for each opponent, one column for each load."""
    return [
        [ratio(results, server, against, model, load, figure) for load in results.loads()]
        for against in opponents(results, server, model)
    ]


def best_of(results: Results, model: str, load: Load, group: str) -> str | None:
    """The server of a group with the most throughput under a load."""
    by_name = {
        name: middle.middle
        for name in results.servers(model)
        if results.facts["groups"][name] == group
        for middle in [spread([sample.rows_per_second for sample in results.of(name, model, load).values()])]
        if middle is not None
    }
    return max(by_name, key=lambda name: by_name[name]) if by_name else None


def within(results: Results, server: str, model: str, over: Load, under: Load) -> Spread | None:
    """How many times the rows a second of one load, another load of the same server makes."""
    mine, theirs = results.of(server, model, over), results.of(server, model, under)
    return spread(
        [
            mine[number].rows_per_second / theirs[number].rows_per_second
            for number in sorted(mine.keys() & theirs.keys())
        ]
    )
