"""A real server with a slow model: other requests do not wait, and a shutdown does not wait for ever."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import signal
import statistics
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.running import DOORS, golden, read, request, running, wait_for
from tests.servers.blocking import MARK

pytestmark = [pytest.mark.slow, pytest.mark.long]

each_door = pytest.mark.parametrize("door", DOORS)
PROMPT = 0.05
LONGEST_SHUTDOWN = 15.0


@pytest.fixture(scope="module")
def slow_artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose champion is a pickle with a blocking transformer."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from model.tumor import TUMOR
    from tests.servers.blocking import Blocking
    from twinserve.release.build import Lineage, build
    from twinserve.store.registry import Registry
    from twinserve.training.data import split
    from twinserve.training.fit import fit

    def one_candidate(_seed: int) -> Mapping[str, Any]:
        return {"slow": make_pipeline(Blocking(), LogisticRegression(C=1e-4, max_iter=10_000))}

    recipe = dataclasses.replace(TUMOR, candidates=one_candidate)
    registry = Registry(tmp_path_factory.mktemp("slow"), recipe.name)
    data = split(recipe, recipe.load())
    fitted = fit(recipe, data, seed=0, progress=lambda _: None)
    version, _ = build(registry, recipe, data, fitted, Lineage(seed=0, git_commit=None))
    registry.promote(version)
    return registry.folder.parent


def marked(artifacts: Path) -> bytes:
    """A valid instance on which the model waits."""
    instance = json.loads(golden(artifacts))
    instance["mean"]["radius"] = MARK
    return json.dumps(instance).encode()


@each_door
def test_health_answers_at_once_while_a_prediction_runs(door: str, tmp_path: Path, slow_artifacts: Path) -> None:
    """Health answers within 50 ms; the prediction is answered when it is done."""
    block = tmp_path / "block"
    with running(door, tmp_path, slow_artifacts, trust_pickles=True, blocking_file=block) as server:
        block.touch()
        with server.connect() as connection:
            connection.sendall(request("POST", "/predict", marked(slow_artifacts)))
            wait_for(server.process, (tmp_path / "block.begun").exists)
            seconds = []
            for _ in range(20):
                before = time.perf_counter()
                assert server.request("GET", "/health/live").status == 200
                seconds.append(time.perf_counter() - before)
            block.unlink()
            (response,) = read(connection, 1)
    assert response.status == 200
    assert statistics.median(seconds) < PROMPT


@each_door
def test_a_full_server_refuses_at_once(door: str, tmp_path: Path, slow_artifacts: Path) -> None:
    """A request over the capacity gets 503 with Retry-After at once."""
    block = tmp_path / "block"
    with running(
        door, tmp_path, slow_artifacts, trust_pickles=True, blocking_file=block, threads=1, max_queue=1
    ) as server:
        block.touch()
        body = marked(slow_artifacts)
        with server.connect() as connection:
            connection.sendall(request("POST", "/predict", body))
            wait_for(server.process, (tmp_path / "block.begun").exists)
            refused = server.request("POST", "/predict", body)
            assert (refused.status, refused.headers["retry-after"]) == (503, "1")
            block.unlink()
            (response,) = read(connection, 1)
    assert response.status == 200


@each_door
def test_who_was_asked_for_the_body_is_answered(door: str, tmp_path: Path, slow_artifacts: Path) -> None:
    """A request holds its place from the head to the answer: later requests cannot take it."""
    whole = request("POST", "/predict", golden(slow_artifacts), headers="Expect: 100-continue\r\n")
    split, stop = whole.index(b"\r\n\r\n") + 4, threading.Event()
    options: dict[str, Any] = {"trust_pickles": True, "max_concurrent": 1, "threads": 2}
    with running(door, tmp_path, slow_artifacts, **options) as server:

        def crowd() -> None:
            while not stop.is_set():
                server.request("POST", "/predict", golden(slow_artifacts))

        others = [threading.Thread(target=crowd) for _ in range(3)]
        for other in others:
            other.start()
        asked = Counter[int]()
        try:
            while asked.total() < 40:
                with server.connect() as client:
                    client.sendall(whole[:split])
                    if read(client, 1)[0].status == 100:
                        client.sendall(whole[split:])
                        asked[read(client, 1)[0].status] += 1
        finally:
            stop.set()
            for other in others:
                other.join()
        assert asked == {200: 40}
        assert server.request("POST", "/predict", golden(slow_artifacts)).status == 200  # The place is free.


@each_door
def test_what_is_sent_ahead_has_room_for_so_many_bytes(door: str, tmp_path: Path, slow_artifacts: Path) -> None:
    """Of six clients that send 40 kB behind a slow request, those beyond 110 kB in all are answered and closed; the
    others get their second answer."""
    block, head = tmp_path / "block", b"GET /health/live HTTP/1.1\r\nHost: h\r\nX: "
    options: dict[str, Any] = {"threads": 6, "max_body": 90_000, "max_buffered": 110_000}
    with (
        running(door, tmp_path, slow_artifacts, trust_pickles=True, blocking_file=block, **options) as server,
        contextlib.ExitStack() as stack,
    ):
        block.touch()
        clients = [stack.enter_context(server.connect()) for _ in range(6)]
        for client in clients:
            client.sendall(request("POST", "/predict", marked(slow_artifacts)) + head + b"a" * 40_000)
        wait_for(server.process, (tmp_path / "block.begun").exists)
        assert server.request("GET", "/health/live").status == 200  # By now all of it has been read.
        block.unlink()
        firsts = [read(client, 1)[0] for client in clients]
        seconds: list[int] = []
        for client, first in zip(clients, firsts, strict=True):
            if first.headers.get("connection", "").lower() != "close":
                client.sendall(b"\r\n\r\n")
                seconds += [response.status for response in read(client, 1)]
            else:
                assert read(client, 1) == []
        assert [first.status for first in firsts] == [200] * 6
        assert seconds == [200, 200]
        assert server.request("POST", "/predict", b" " * 80_000).status == 400  # The room is free again.


@each_door
def test_a_worker_whose_predictions_never_end_is_replaced(door: str, tmp_path: Path, slow_artifacts: Path) -> None:
    """Waiting requests get 504; then a new worker answers."""
    block = tmp_path / "block"
    options: dict[str, Any] = {"trust_pickles": True, "predict_timeout": 0.5, "threads": 1, "grace": 1, "workers": 2}
    with running(door, tmp_path, slow_artifacts, blocking_file=block, **options) as server:
        wait_for(server.process, lambda: server.log.read_text().count('"opened"') == 2)
        block.touch()
        assert server.request("POST", "/predict", marked(slow_artifacts)).status == 504
        wait_for(server.process, lambda: server.log.read_text().count('"opened"') == 3)
        assert '"stuck"' in server.log.read_text()
        block.unlink()
        assert server.request("POST", "/predict", golden(slow_artifacts)).status == 200


@each_door
@pytest.mark.parametrize("workers", [1, 2])
def test_a_prediction_that_never_ends_does_not_keep_the_server(
    door: str, workers: int, tmp_path: Path, slow_artifacts: Path
) -> None:
    """SIGTERM ends the server with exit code 0 within 15 seconds, whatever is still running."""
    block = tmp_path / "block"
    with running(
        door, tmp_path, slow_artifacts, trust_pickles=True, blocking_file=block, workers=workers, grace=2
    ) as server:
        block.touch()
        with server.connect() as connection:
            connection.sendall(request("POST", "/predict", marked(slow_artifacts)))
            wait_for(server.process, (tmp_path / "block.begun").exists)
            before = time.monotonic()
            try:
                assert server.stop(signal.SIGTERM) == 0
                assert time.monotonic() - before < LONGEST_SHUTDOWN
            finally:
                block.unlink()
