"""Rate and concurrency limits, at all doors alike."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from harness.credentials import bearer, write_keys
from tests.contract.conftest import OpenDoors
from tests.doors import DOORS, Door
from tests.stores import Store, needs_redis
from twinserve.testing.fakes import car, service_of


def test_too_often_is_429_with_retry_after_and_health_is_exempt(open_doors: OpenDoors) -> None:
    """A caller over its rate gets 429 with Retry-After; health is exempt. The doors share a service, so a request of
    `both` counts once for each."""
    both = open_doors(service_of(rate=0.01, burst=2 * len(DOORS)))
    assert [both.predict(car()).status for _ in range(2)] == [200, 200]
    answer = both.predict(car())
    assert answer.status == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 100
    assert answer.json()["type"] == "urn:twinserve:problem:too-many-requests"
    assert both.send("GET", "/model").status == 429
    for _ in range(20):
        assert both.send("GET", "/health/live").status == 200
        assert both.send("GET", "/health/ready").status == 200


def test_too_often_comes_before_the_body_and_after_the_path(open_doors: OpenDoors) -> None:
    """429 before 415; but 404 and 405 before 429."""
    both = open_doors(service_of(rate=0.01, burst=len(DOORS)))
    assert both.predict(car()).status == 200
    assert both.send("POST", "/predict", b"x", {"Content-Type": "text/plain"}).status == 429
    assert both.send("GET", "/nothing").status == 404
    assert both.send("GET", "/predict").status == 405


def test_callers_with_names_have_rates_of_their_own(open_doors: OpenDoors, tmp_path: Path) -> None:
    """Authenticated callers have separate rates, even from one address."""
    made = write_keys(tmp_path / "keys", alice="read", bob="read")
    both = open_doors(service_of(auth="keys", keys=tmp_path / "keys", rate=0.01, burst=len(DOORS)))
    for name in ("alice", "bob"):
        assert both.send("GET", "/model", headers=bearer(made[name])).status == 200
        assert both.send("GET", "/model", headers=bearer(made[name])).status == 429


def test_too_many_at_once_are_503_before_their_body_is_looked_at(open_doors: OpenDoors) -> None:
    """Over `max_concurrent` prediction requests get 503 before the body is read; a place is released after an answer
    or an error."""
    service = service_of(max_concurrent=2)
    both = open_doors(service)
    for _ in range(5):
        assert both.predict(car()).status == 200
        assert both.predict(b"{").status == 400
        assert both.send("POST", "/predict", b"{", {"Content-Type": "a/b"}).status == 415
    with service.places, service.places:
        answer = both.send("POST", "/predict", b"x" * 100, {"Content-Type": "a/b"})
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert both.send("GET", "/predict").status == 405
        assert both.send("GET", "/model").status == 200
    assert both.predict(car()).status == 200


@needs_redis
def test_a_shared_store_counts_all_doors_as_one_service(tmp_path: Path) -> None:
    """With a shared store a caller has one burst for all doors."""
    store = Store(tmp_path)
    with ExitStack() as stack:
        stack.callback(store.stop)
        doors: list[Door] = []
        for make in DOORS.values():
            service = service_of(rate=0.001, burst=3, rate_store=store.url)
            stack.callback(service.close)
            doors.append(make(service))
            stack.callback(doors[-1].close)
        statuses = [door.send("GET", "/model").status for _ in range(3) for door in doors]
    assert statuses == [200] * 3 + [429] * (len(statuses) - 3)
