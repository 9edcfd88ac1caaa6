"""Build results for the tests of the report, the ratios and the plots."""

from __future__ import annotations

from bench.results import Load, Results, Sample, Start

LOAD = Load(16)
BATCH = Load(1, rows=1_000)
GROUPS = {
    "floor-fastapi": "floor",
    "floor-fastapi-typed": "floor",
    "twinserve-fastapi": "twinserve",
    "tutorial-fastapi": "tutorial",
    "slow-peer": "peer",
    "fast-peer": "peer",
}


def sample(
    server: str,
    requests_per_second: float,
    number: int = 1,
    load: Load = LOAD,
    *,
    cpu: float = 100.0,
    status: int = 0,
    model: str = "linear",
) -> Sample:
    """A sample; invalid if it has bad statuses."""
    latency = {"p50": 1.0, "p90": 2.0, "p95": 3.0, "p99": 4.0, "max": 5.0}
    errors = {"connect": 0, "read": 0, "write": 0, "status": status, "timeout": 0}
    return Sample(server, model, load, number, requests_per_second, latency, cpu, 0.01, errors, valid=not status)


def results(*samples: Sample) -> Results:
    """The results of a run with these samples."""
    facts = {
        "command": "python -m bench",
        "date": "2030-01-02",
        "commit": "abc",
        "settings": {"rounds": 2, "seconds": 1.0, "quick": False},
        "machine": {"processor": "A fast one"},
        "versions": {"twinserve": {"fastapi": "1.0"}},
        "about": dict.fromkeys(GROUPS, "as one runs it"),
        "groups": GROUPS,
        "floors": {"twinserve-fastapi": "floor-fastapi", "tutorial-fastapi": "floor-fastapi"},
    }
    starts = [
        Start(one.server, one.model, one.round, 1.5, {"resident": 100.0, "proportional": 90.0})
        for one in {(one.server, one.model, one.round): one for one in samples}.values()
    ]
    return Results(facts, list(samples), starts)
