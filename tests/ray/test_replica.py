"""A replica by itself, without a cluster: the threads that it takes, and what it tells Ray once it is stuck."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from harness.swapping import NAME
from serve_flask.app import create_app
from twinserve.store.registry import Registry
from twinserve.testing.fakes import BlockedPredictor, car, service_of

pytestmark = pytest.mark.environments
MakeDoor = Callable[[], Any]


@pytest.fixture
def make_door(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeDoor]:
    """Opens a replica with two cores of a larger machine; what it sets in the environment is taken back."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray's own, while it is imported.
        from serve_ray.arguments import Arguments
        from serve_ray.replica import Door
    settings = {"artifacts": str(registry.folder.parent), "model": NAME}
    for name in settings:
        monkeypatch.setenv(f"TWINSERVE_{name.upper()}", "")

    with ExitStack() as stack:

        def make() -> Door:
            door = Door(Arguments(num_cpus=2.0, settings=settings))
            stack.callback(lambda: door._service.close())
            return door

        yield make


def test_it_predicts_in_as_many_threads_as_it_has_cores(make_door: MakeDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinserve.service.settings.available_cores", lambda: 64)
    assert make_door()._service.settings.prediction_threads == 2
    monkeypatch.setenv("TWINSERVE_THREADS", "3")
    assert make_door()._service.settings.prediction_threads == 3


def test_a_stuck_replica_fails_until_ray_replaces_it(make_door: MakeDoor) -> None:
    """Ray replaces it after three failures one after another, and forgets a single one."""
    from serve_ray.replica import Stuck

    door = make_door()
    door.check_health()
    door._service.close()
    predictor = BlockedPredictor()
    door._service = service_of(predictor, threads=1, predict_timeout=0.05)
    assert create_app(door._service).test_client().post("/predict", json=car()).status_code == 504
    for _ in range(3):
        with pytest.raises(Stuck):
            door.check_health()
    predictor.go_on.set()
