"""Several workers of a host: a model that scikit-learn serves, and metrics."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.running import wait_for
from harness.swapping import BODY
from tests.hosts.hosting import Host, app_of, hosting

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.environments]
POOLED = {"gunicorn gevent": 2, "gunicorn gevent preload": 3, "uwsgi": 3, "granian asgi": 2}
"""Servers that patch threads, fork or start workers anew, and the processes that open the model."""
SUMMING = ["gunicorn sync", "gunicorn preload", "uwsgi", "uvicorn workers", "hypercorn", "granian wsgi"]
PATIENCE = 2.0
"""Seconds for a health probe on a busy machine."""


@pytest.mark.parametrize("server", POOLED)
def test_a_model_that_is_not_compiled_answers(server: str, tmp_path: Path, wheel: Path, store: Path) -> None:
    """From its pool of threads, many clients at once; health is answered meanwhile."""
    large = b"[" + b",".join([BODY] * 300) + b"]"
    with hosting(server, app_of(server), tmp_path, wheel, store, model="neighbours") as host:
        with ThreadPoolExecutor(16) as pool:

            def is_open() -> bool:
                """Has every process opened the model? A forked one does so with its first request."""
                list(pool.map(host.predict, [BODY] * 8))
                return len(re.findall(r"\] opened ", host.server.log.read_text())) == POOLED[server]

            wait_for(host.server.process, is_open)
            predictions = [pool.submit(host.predict, large) for _ in range(32)]
            for _ in range(10):
                began = time.monotonic()
                assert host.ask("GET", "/ml/health/live").status == 200
                assert time.monotonic() - began < PATIENCE
            assert {prediction.result().status for prediction in predictions} == {200}
        assert "Traceback" not in host.server.log.read_text()


@pytest.mark.parametrize("server", SUMMING)
@pytest.mark.parametrize("shared", [True, False])
def test_metrics_are_summed_over_workers(server: str, shared: bool, tmp_path: Path, wheel: Path, store: Path) -> None:
    """With the folder that Prometheus' client wants; without it a worker that is asked logs what to do."""
    (folder := tmp_path / "metrics").mkdir()
    variables = {"PROMETHEUS_MULTIPROC_DIR": str(folder)} if shared else {}
    with hosting(server, app_of(server), tmp_path, wheel, store, variables) as host:
        for _ in range(12):
            assert host.predict(BODY, Connection="close").status == 200
        counted = {predicted(host) for _ in range(8)}
        assert ("metrics of one worker" in host.server.log.read_text()) is not shared
        if shared:
            assert counted == {12}


def predicted(host: Host) -> int:
    """The number of predictions that `/metrics` tells."""
    text = host.ask("GET", "/ml/metrics", headers={"Connection": "close"}).body.decode()
    return sum(
        int(float(number)) for number in re.findall(r"^twinserve_predictions_total\{.*\} (.*)$", text, re.MULTILINE)
    )
