"""Apps that are loaded before the workers are forked (`gunicorn --preload`): each worker opens the model, follows
promotions and stops in time."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from harness import ROOT, fruit, swapping
from harness.running import Running, launch, ready, wait_for
from tests.servers.test_swap import events
from twinserve.store.registry import Registry

pytestmark = [pytest.mark.slow, pytest.mark.long]
WORKERS: Final = 2
STOPS: Final = 10.0
"""Seconds; gunicorn ends whom it has waited for longer after 30."""
HOSTS: Final = {
    "flask": ("sync", "serve_flask:create_app()"),
    "flask, threads": ("gthread", "serve_flask:create_app()"),
    "fastapi": ("asgi", "serve_fastapi:create_app()"),
}
IN_CI: Final = "flask, threads"
EXTENDED: Final = [pytest.mark.extended]


def neighbours(_: int) -> Mapping[str, Any]:
    """A model that scikit-learn serves, with OpenMP threads."""
    return {"neighbours": make_pipeline(fruit.columns_encoded(), KNeighborsClassifier(algorithm="brute"))}


@pytest.fixture(scope="module", params=["compiled", "scikit-learn"])
def registry(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Two versions of a model of this kind."""
    root = tmp_path_factory.mktemp("store")
    if request.param == "compiled":
        return swapping.store(root)
    for seed in (1, 2):
        fruit.registered(replace(fruit.FRUIT, candidates=neighbours, load=partial(fruit.table, seed=seed)), root)
    registry = Registry(root, swapping.NAME)
    registry.promote(1)
    return registry


@contextmanager
def preloaded(worker: str, app: str, folder: Path, registry: Registry) -> Iterator[Running]:
    """Plain gunicorn with `--preload`, without our server."""
    log = folder / "stderr"
    command = [sys.executable, "-m", "gunicorn", "--preload", "--no-control-socket", "--bind", "127.0.0.1:0"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(folder),
        "TWINSERVE_ARTIFACTS": str(registry.folder.parent),
        "TWINSERVE_MODEL": registry.name,
        "TWINSERVE_LOG_FORMAT": "json",
    }
    options = ["--workers", str(WORKERS), "--worker-class", worker, app]
    with ready(launch([*command, *options], folder, environment, log), log) as server:
        yield server


def opened(server: Running, seen: set[str]) -> bool:
    """Has every worker opened a model? Sends a request, because a worker opens the model at its first request, and
    records the versions that answered; a large model is 503 until it is open."""
    response = server.request("POST", "/predict", swapping.BODY, "Connection: close\r\n")
    assert response.status in (200, 503)
    if response.status == 200:
        seen.add(json.loads(response.body)["version"])
    return len(events(server, "opened")) == 1 + WORKERS  # The process that forked them has one, too.


@pytest.mark.parametrize("host", [pytest.param(host, marks=[] if host == IN_CI else EXTENDED) for host in HOSTS])
def test_workers_forked_after_loading_answer_follow_and_stop(registry: Registry, tmp_path: Path, host: str) -> None:
    """Each worker logs the fork, opens the model, follows a promotion and stops on SIGTERM."""
    registry.promote(1)
    with preloaded(*HOSTS[host], tmp_path, registry) as server:
        before: set[str] = set()
        wait_for(server.process, lambda: opened(server, before))
        assert before == {"1"}
        assert len(events(server, "forked")) == WORKERS
        swapped = len(events(server, "swapped"))
        registry.promote(2)
        wait_for(server.process, lambda: len(events(server, "swapped")) >= swapped + WORKERS + 1)  # And the parent.
        after: set[str] = set()
        for _ in range(4 * WORKERS):
            assert opened(server, after)
        assert after == {"2"}
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < STOPS
        assert "SIGABRT" not in server.log.read_text()


def test_metrics_of_one_worker_of_several_are_told(registry: Registry, tmp_path: Path) -> None:
    """Once in each worker that is asked, with the variable to set."""
    with preloaded(*HOSTS["flask"], tmp_path, registry) as server:
        for _ in range(4 * WORKERS):
            assert server.request("GET", "/metrics", headers="Connection: close\r\n").status == 200
        told = events(server, "metrics of one worker")
        assert 1 <= len(told) <= WORKERS
        assert "PROMETHEUS_MULTIPROC_DIR" in told[0]["advice"]
