"""Real servers with two workers, under load, while the champion changes repeatedly."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

import pytest

from harness import swapping
from harness.running import DEADLINE, DOORS, Running, running, wait_for
from harness.swapping import BODY, DAMAGED
from twinserve.service.inference.models.opening import open_model_version
from twinserve.service.telemetry.metrics import Metrics
from twinserve.store.registry import Registry
from twinserve.testing.fakes import body_of, settings_of

pytestmark = [pytest.mark.slow, pytest.mark.long]
SWAPS: Final = 20
CLIENTS: Final = 8
WORKERS: Final = 2
PROMISED: Final = 2.0


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A store with two versions that answer differently."""
    return swapping.store(tmp_path_factory.mktemp("store"))


class Load:
    """Clients on persistent connections; each reply is compared with that of the version it names."""

    def __init__(self, port: int, expected: Mapping[str, bytes]) -> None:
        self.seen: Counter[str] = Counter()
        self.wrong: list[object] = []
        self._port, self._expected = port, expected
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(CLIENTS)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(DEADLINE)

    def _send(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=DEADLINE)
        try:
            while not self._stop.is_set():
                connection.request("POST", "/predict", BODY, {"Content-Type": "application/json"})
                response = connection.getresponse()
                self._note(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            self.wrong.append(error)
        finally:
            connection.close()

    def _note(self, status: int, body: bytes) -> None:
        version = json.loads(body).get("version", "none")
        self.seen[version] += 1
        if status != 200 or body != self._expected.get(version):
            self.wrong.append((status, body))


def events(server: Running, name: str) -> list[Mapping[str, Any]]:
    """The log's lines of one kind so far; an incomplete last line is skipped."""
    lines = server.log.read_text().split("\n")[:-1]
    return [line for line in map(json.loads, (line for line in lines if f'"{name}"' in line)) if line["event"] == name]


def promoted(registry: Registry, server: Running, version: int, event: str = "swapped") -> list[float]:
    """Promote a version and wait until each worker has followed or refused it; the seconds that each took."""
    before = len(events(server, event))
    began = time.time()
    registry.promote(version)
    wait_for(server.process, lambda: len(events(server, event)) == before + WORKERS)
    new = events(server, event)[before:]
    assert [line["version"] for line in new] == [str(version)] * WORKERS
    return [datetime.fromisoformat(line["timestamp"]).timestamp() - began for line in new]


@pytest.mark.parametrize("door", DOORS)
def test_no_request_fails_or_mixes_versions_and_every_worker_follows(
    pristine: Registry, tmp_path: Path, door: str
) -> None:
    """Twenty swaps, one of them to a damaged version; at most a few may be late on a busy machine."""
    settings = settings_of(artifacts=pristine.folder.parent, model=pristine.name)
    expected = {
        str(version): body_of(open_model_version(pristine, version, settings, Metrics()), BODY) for version in (1, 2)
    }
    pristine.promote(1)
    options: dict[str, Any] = {"model": pristine.name, "workers": WORKERS, "access_log": False}
    with running(door, tmp_path, settings.artifacts, **options) as server:
        wait_for(server.process, lambda: len(events(server, "opened")) == WORKERS)  # Else one may begin with the next.
        with Load(server.port, expected) as load:
            seconds = [found for turn in range(SWAPS) for found in promoted(pristine, server, 2 - turn % 2)]
            promoted(pristine, server, DAMAGED, "refused")
            ready = json.loads(server.request("GET", "/health/ready").body)
            assert (ready["version"], ready["refused"]["version"]) == ("1", str(DAMAGED))
            promoted(pristine, server, 2)
        assert load.wrong == []
        assert min(load.seen["1"], load.seen["2"]) > 100
        assert set(load.seen) == {"1", "2"}
        assert median(seconds) < PROMISED
        assert sum(found > PROMISED for found in seconds) <= SWAPS // 5
        metrics = server.request("GET", "/metrics").body.decode()
        assert f'twinserve_swaps_total{{outcome="done"}} {float(WORKERS * (SWAPS + 1))}' in metrics
        assert f'twinserve_swaps_total{{outcome="refused"}} {float(WORKERS)}' in metrics
        assert server.stop() == 0


@pytest.mark.parametrize("door", DOORS)
def test_while_a_rollback_holds_every_worker_says_so(pristine: Registry, tmp_path: Path, door: str) -> None:
    """From the start of a server, and within two seconds of the rollback and of its end; readiness does not change."""
    for version in (1, 2):
        pristine.promote(version)
    hold = pristine.rollback()
    held = {"since": hold.since, "version": "1"}
    options: dict[str, Any] = {"model": pristine.name, "workers": WORKERS, "access_log": False}
    with running(door, tmp_path, pristine.folder.parent, **options) as server:

        def holds() -> list[Any]:
            return [json.loads(server.request("GET", "/model").body).get("hold") for _ in range(8 * WORKERS)]

        wait_for(server.process, lambda: holds() == [held] * 8 * WORKERS)
        ready = server.request("GET", "/health/ready").body
        described = json.loads(server.request("GET", "/model").body)
        began = time.monotonic()
        pristine.promote(1)
        wait_for(server.process, lambda: holds() == [None] * 8 * WORKERS)
        assert time.monotonic() - began < 2 * PROMISED
        assert json.loads(server.request("GET", "/model").body) | {"hold": held} == described
        assert server.request("GET", "/health/ready").body == ready
        assert server.stop() == 0
