"""While versions are swapped under traffic, every reply is made by one version, the one that it names."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Final

import pytest

from harness import swapping
from tests.contract.conftest import OpenDoors
from tests.doors import Door
from twinserve.service.inference.models.opening import open_model_version
from twinserve.service.inference.version import ModelVersion
from twinserve.service.service import Service
from twinserve.service.telemetry.metrics import Metrics
from twinserve.testing.answer import Answer
from twinserve.testing.client import JSON
from twinserve.testing.fakes import body_of, settings_of

SWAPS: Final = 50
CLIENTS: Final = 3
"""At each door."""
DEADLINE: Final = 60.0
LARGE: Final = 700
"""Instances in a request that is answered in the pool."""


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, ModelVersion]:
    """Two versions of a model."""
    registry = swapping.store(tmp_path_factory.mktemp("store"))
    settings, metrics = settings_of(artifacts=registry.folder.parent, model=registry.name), Metrics()
    return {str(version): open_model_version(registry, version, settings, metrics) for version in (1, 2)}


def bodies() -> list[bytes]:
    """A single instance, a few, and enough for the pool."""
    one = swapping.BODY
    return [one, b"[" + b",".join([one] * 3) + b"]", b"[" + b",".join([one] * LARGE) + b"]"]


class Traffic:
    """Clients that send until they are stopped, and their answers."""

    def __init__(self, doors: list[Door]) -> None:
        self.answers: list[tuple[int, Answer]] = []
        self.came = threading.Condition()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._send, args=(door, start)) for door in doors for start in range(CLIENTS)
        ]

    def __enter__(self) -> Traffic:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(DEADLINE)

    def _send(self, door: Door, turn: int) -> None:
        sent = bodies()
        while not self._stop.is_set():
            which = turn % len(sent)
            answer = door.send("POST", "/predict", sent[which], JSON)
            with self.came:
                self.answers.append((which, answer))
                self.came.notify_all()
            turn += 1

    def wait_for(self, more: int) -> None:
        """Wait for this many more answers."""
        with self.came:
            wanted = len(self.answers) + more
            assert self.came.wait_for(lambda: len(self.answers) >= wanted, DEADLINE)


def test_every_reply_during_fifty_swaps_equals_exactly_one_versions_own(
    versions: Mapping[str, ModelVersion], open_doors: OpenDoors
) -> None:
    service = Service(settings_of(), Metrics(), versions["1"])
    expected = {version: [body_of(opened, body) for body in bodies()] for version, opened in versions.items()}
    with Traffic(open_doors(service).doors) as traffic:
        for turn in range(SWAPS):
            service.models.swap(versions["12"[(turn + 1) % 2]])
            traffic.wait_for(2 * CLIENTS)
    seen: Counter[str] = Counter()
    for which, answer in traffic.answers:
        assert answer.status == 200
        version = json.loads(answer.body)["version"]
        assert answer.body == expected[version][which]
        seen[version] += 1
    assert min(seen["1"], seen["2"]) > SWAPS


def test_documents_change_with_the_version_at_both_doors(
    versions: Mapping[str, ModelVersion], open_doors: OpenDoors
) -> None:
    service = Service(settings_of(), Metrics(), versions["1"])
    both = open_doors(service)
    documents = []
    for version in ("1", "2", "1"):
        service.models.swap(versions[version])
        documents.append([both.send("GET", path).body for path in ("/schema", "/openapi.json", "/model")])
        assert json.loads(documents[-1][2])["version"] == version
        assert json.loads(both.send("GET", "/health/ready").body)["version"] == version
    assert documents[0] == documents[2]
    assert all(one != other for one, other in zip(documents[0], documents[1], strict=True))
