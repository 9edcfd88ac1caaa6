"""What happens on a cluster: promotions, new replicas, replicas and nodes that are killed, under load."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from harness.ray_cluster import Cluster, version_in, wait_until
from harness.swapping import BODY
from twinserve.store.registry import Registry

pytestmark = [pytest.mark.environments, pytest.mark.timeout(900)]
FOLLOWS: Final = 2.0
"""Seconds in which every replica answers with a new champion."""
AGAIN: Final = 30.0
"""Seconds for which a client goes on asking before a request counts as failed."""


class Retrying:
    """Clients that ask again where a request fails, as the project's own client does."""

    def __init__(self, cluster: Cluster, number: int) -> None:
        self._cluster = cluster
        self.outcomes: Counter[str] = Counter()
        """Of requests: the version that answered, or `failed`; of attempts: `again`."""
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(number)]

    def __enter__(self) -> Retrying:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._ends.is_set():
            end = time.monotonic() + AGAIN
            while (outcome := self._attempt()) == "again" and time.monotonic() < end:
                self.outcomes["again"] += 1
                time.sleep(0.1)
            self.outcomes["failed" if outcome == "again" else outcome] += 1

    def _attempt(self) -> str:
        status, body = self._cluster.ask("POST", "/predict", BODY)
        return version_in(body) if status == 200 else "again"


@contextmanager
def champion(registry: Registry, version: int) -> Iterator[float]:
    """Promote a version for a while; gives the time of the promotion."""
    registry.promote(version)
    try:
        yield time.monotonic()
    finally:
        registry.promote(1)


def test_a_promotion_and_a_rollback_reach_every_replica(ray: Cluster, registry: Registry) -> None:
    ray.deploy(door="fastapi", min_replicas=3, num_cpus=0.25)
    wait_until(lambda: len(ray.replicas(0)) == 3, "three replicas run")

    def are_all(version: str) -> bool:
        return {version_in(ray.ask("POST", "/predict", BODY)[1]) for _ in range(30)} == {version}

    wait_until(lambda: are_all("1"), "all replicas are ready")
    with Retrying(ray, 2) as clients:
        with champion(registry, 2) as promoted:
            time.sleep(FOLLOWS)
            assert are_all("2"), time.monotonic() - promoted
        time.sleep(FOLLOWS)
        assert are_all("1")
    assert clients.outcomes["again"] == clients.outcomes["failed"] == 0
    assert clients.outcomes["2"] > 0


def test_replicas_are_added_as_requests_wait(ray: Cluster) -> None:
    ray.remove()
    ray.deploy(door="flask", min_replicas=1, max_replicas=3, num_cpus=0.25, target_ongoing_requests=1)
    assert len(ray.replicas(0)) == 1
    with Retrying(ray, 12) as clients:
        wait_until(lambda: len(ray.replicas(0)) > 1, "Ray adds a replica")
    assert clients.outcomes["failed"] == 0


def test_a_new_deployment_drops_no_request(ray: Cluster) -> None:
    ray.deploy(door="fastapi", min_replicas=2, num_cpus=0.25)
    with Retrying(ray, 4) as clients:
        ray.deploy(door="flask", min_replicas=2, num_cpus=0.25)
        time.sleep(2.0)
    assert clients.outcomes["again"] == clients.outcomes["failed"] == 0
    assert clients.outcomes["1"] > 10


def test_a_killed_replica_and_a_killed_node_fail_no_request_of_a_client_that_asks_again(ray: Cluster) -> None:
    """Three replicas of a core each, on two nodes of two cores."""
    ray.start_node(cpus=2)
    ray.deploy(door="fastapi", min_replicas=3, num_cpus=1)
    other = len(ray.nodes) - 1
    wait_until(lambda: len(ray.replicas(other)) >= 1, "a replica runs on the other node")
    with Retrying(ray, 4) as clients:
        time.sleep(1.0)
        os.kill(ray.replicas(0)[0], signal.SIGKILL)
        time.sleep(5.0)
        ray.kill_node(other)
        time.sleep(10.0)
        answered = clients.outcomes["1"]
        time.sleep(2.0)
        assert clients.outcomes["1"] > answered
    assert clients.outcomes["failed"] == 0
    assert clients.outcomes["1"] > 100
