"""Rate limits and places: what is allowed and refused, and that memory is bounded."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from twinserve.service.http.problem import Problem
from twinserve.service.limits.concurrency import Places
from twinserve.service.limits.rate import Rate, network


class Clock:
    """A clock that is set by the test."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def passed(rate: Rate, caller: str, times: int) -> int:
    """The number of these requests that are allowed."""
    through, refused = 0, list[tuple[int, bool]]()
    for _ in range(times):
        try:
            rate.take(caller)
        except Problem as problem:
            refused.append((int(problem.status), int(dict(problem.headers)["Retry-After"]) >= 1))
        else:
            through += 1
    assert set(refused) <= {(429, True)}
    return through


@pytest.mark.parametrize(("allowed", "burst"), [(1.0, 1), (10.0, 1), (10.0, 25), (0.5, 3), (1000.0, 7), (0.001, 1)])
def test_a_burst_then_the_rate(allowed: float, burst: int) -> None:
    """A bucket is full at first, fills at the rate, and never exceeds the burst."""
    clock = Clock()
    rate = Rate(allowed, burst, clock)
    assert passed(rate, "a", burst + 50) == burst
    clock.now += 3 / allowed + 1e-6
    assert passed(rate, "a", 50) == min(3, burst)
    clock.now += 1_000_000
    assert passed(rate, "a", burst + 50) == burst


def test_after_retry_after_a_request_is_let_through() -> None:
    """After the seconds of Retry-After a request is allowed."""
    clock = Clock()
    rate = Rate(0.3, 2, clock)
    for _ in range(20):
        try:
            rate.take("a")
        except Problem as problem:
            clock.now += int(dict(problem.headers)["Retry-After"])
            rate.take("a")


def test_callers_do_not_share() -> None:
    """Each caller has its own bucket."""
    rate = Rate(1, 1, Clock())
    assert passed(rate, "a", 5) == 1
    assert passed(rate, "b", 5) == 1


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The least recent callers are forgotten, a busy caller is not."""
    monkeypatch.setattr("twinserve.service.limits.rate.MOST_CALLERS", 100)
    rate = Rate(1, 2, Clock())
    assert passed(rate, "busy", 1) == 1
    for number in range(1000):
        rate.take(f"caller {number}")
        if number == 50:
            rate.take("busy")
    assert len(rate._full_at) == 100


def test_many_threads_get_no_more_than_one_would() -> None:
    """Counting is atomic among threads."""
    rate = Rate(0.001, 100, Clock())
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: passed(rate, "a", 100), range(8))) == 100


def test_places_are_given_back() -> None:
    """A place is released, also after an exception."""
    places = Places(2)
    for _ in range(10):
        with pytest.raises(ZeroDivisionError), places:
            raise ZeroDivisionError
    with places, places:
        with pytest.raises(Problem) as raised, places:
            raise AssertionError("there was no place left")
        assert (raised.value.status, dict(raised.value.headers)) == (503, {"Retry-After": "1"})
    with places, places:
        pass


def test_places_hold_among_threads() -> None:
    """Threads never hold more places than there are."""
    places, inside, most = Places(3), [0], [0]
    lock = threading.Lock()

    def use(_: int) -> None:
        for _ in range(500):
            try:
                with places:
                    with lock:
                        inside[0] += 1
                        most[0] = max(most[0], inside[0])
                    with lock:
                        inside[0] -= 1
            except Problem:
                pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))
    assert most[0] <= 3
    assert len(places._free) == 3


@pytest.mark.parametrize(
    ("address", "caller"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:c000:207", "192.0.2.7"),
        ("64:ff9b::192.0.2.7", "192.0.2.7"),
        ("64:ff9b:1::c000:207", "64:ff9b:1::/64"),
        ("", ""),
        ("a:b", "a:b"),
    ],
)
def test_an_ipv6_customer_is_one_caller(address: str, caller: str) -> None:
    """The addresses of an IPv6 /64 network are one caller; an IPv4 address is one however it is written."""
    assert network(address) == caller
