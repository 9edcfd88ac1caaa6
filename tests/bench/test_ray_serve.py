"""The section of Ray Serve's cost: medians of the rounds, ratios within them, and a warning where others worked."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bench import ray_serve
from bench.ray_serve import HEADING, LOADS, Found, Sample, Samples
from bench.wrk import Outcome


def sample(rate: float, *, ray: float = 0.9, others: float = 0.0) -> Sample:
    """A round of a hundred seconds in which latency is the inverse of the rate."""
    milliseconds = {"p50": 1000 / rate, "p99": 2000 / rate}
    return Sample(Outcome(round(100 * rate), 100.0, milliseconds, {}), ray, others)


def found(plain: Sequence[float], ray: Sequence[float], others: float = 0.0) -> Found:
    """A door with these rates in the rounds, under each load."""
    samples: Samples = {}
    for load in LOADS:
        samples["plain", load] = [sample(rate, ray=0.03, others=others) for rate in plain]
        samples["ray", load] = [sample(rate, others=others) for rate in ray]
    return Found(samples, {"plain": 90.4, "replica": 180.0, "ray": 1234.0})


@pytest.fixture
def section() -> str:
    """Two doors, three rounds."""
    doors = {"fastapi": found([1000, 4000, 2000], [100, 800, 300]), "flask": found([500], [50])}
    return ray_serve.section(doors, 3, "9.9")


def test_a_figure_is_the_median_of_the_rounds_and_a_ratio_is_one_within_them(section: str) -> None:
    assert section.startswith(HEADING)
    assert "| FastAPI: one row, 16 connections | 2,000 | 0.15x | 0.50 | 3.33 | 1.00 | 6.67 |" in section
    assert "| Flask: 1,000 rows, 1 connection | 500,000 | 0.10x | 2.00 | 20.0 | 4.00 | 40.0 |" in section


def test_memory_and_what_ray_takes_for_itself_are_told(section: str) -> None:
    assert "FastAPI: a plain worker 90, a replica 180, all of Ray on a machine with that replica 1,234" in section
    assert "Ray takes 3% of a core while nobody asks it." in section


def test_figures_of_a_machine_that_was_not_idle_are_marked(section: str) -> None:
    assert "trial" not in section
    assert "Other programs took 30% of that core. **The figures of a trial" in ray_serve.section(
        {"fastapi": found([1000], [100], others=0.3)}, 1, "9.9"
    )
