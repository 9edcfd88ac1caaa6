"""Counts of ended workers stay, and their files do not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import ROOT
from twinserve.service.telemetry.ended_workers import MOST
from twinserve.service.telemetry.metrics_folder import METRICS_FOLDER

pytestmark = [pytest.mark.slow, pytest.mark.long]

COUNT = """
import os, sys
from twinserve.service.telemetry.metrics import Metrics
version, shows, times = sys.argv[1:]
for _ in range(int(times)):
    if (process := os.fork()) == 0:
        metrics = Metrics()
        metrics.count("predict", "POST", 200, 0.002)
        metrics.count("predict", "POST", 422, 7.0)
        metrics.predictions.labels("tumor", version).inc(3)
        os.write(1, metrics.render() if shows == "True" else b"")
        os._exit(0)
    assert os.waitpid(process, 0)[1] == 0
"""


def worker(folder: Path, version: str, *, shows: bool = False, times: int = 1) -> str:
    """Count in a process of its own, which ends, so many times; returns all metrics if it is to show them."""
    command = [sys.executable, "-c", COUNT, version, str(shows), str(times)]
    environment = {**os.environ, METRICS_FOLDER: str(folder), "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def values(shown: str) -> dict[str, float]:
    """Each line of a metric, and its value."""
    lines = [line.rpartition(" ") for line in shown.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_what_was_counted_stays_counted(tmp_path: Path) -> None:
    """Also when files are merged again with those of workers that ended later."""
    ended = 0
    for _ in range(2):
        worker(tmp_path, "1", times=MOST + 1)
        ended += MOST + 1
        shown = values(worker(tmp_path, "2", shows=True))
        ended += 1
        assert len(list(tmp_path.glob("counter_*.db"))) == 2  # Of all that have ended, and of this one.
        assert shown['twinserve_requests_total{method="POST",route="predict",status="422"}'] == ended
        assert shown['twinserve_request_seconds_bucket{le="0.0025",route="predict"}'] == ended
        assert shown['twinserve_request_seconds_bucket{le="+Inf",route="predict"}'] == 2 * ended
        assert shown['twinserve_request_seconds_count{route="predict"}'] == 2 * ended
        others = shown['twinserve_predictions_total{model="tumor",version="2"}']
        assert shown['twinserve_predictions_total{model="tumor",version="1"}'] + others == 3 * ended


def test_files_of_the_living_and_of_others_are_left_alone(tmp_path: Path) -> None:
    """This process lives; a gauge's values are not added up; and a name without a number is somebody else's."""
    worker(tmp_path, "1")
    (file,) = tmp_path.glob("counter_*.db")
    kept = [f"counter_{os.getpid()}.db", "gauge_all_999999999.db", "counter_own.db"]
    for name in kept:
        (tmp_path / name).write_bytes(file.read_bytes())
    ended = [tmp_path / f"counter_{900_000_000 + number}.db" for number in range(MOST + 1)]  # Above any real number.
    for path in ended:
        path.write_bytes(file.read_bytes())
    (tmp_path / kept[1]).unlink()
    (tmp_path / kept[1]).write_bytes(b"\x08" + bytes(65_535))
    worker(tmp_path, "1", shows=True)
    assert {path.name for path in tmp_path.glob("*.db")} >= set(kept)
    assert not [path.name for path in ended if path.exists()]
