"""A limit on the request rate of each caller."""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from twinserve.service.http.problem import Problem

MOST_CALLERS: Final = 10_000
"""Maximum number of callers remembered, about 2 MB. The one that has been silent for longest is forgotten first, which
gives it a full bucket."""

ROUNDING: Final = 1e-6
"""Seconds of tolerance for rounding errors of float sums; too small to be of use to a caller."""


class Rate:
    """A token bucket for each caller, stored as the time at which it will be full again (GCRA). Thread-safe."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`rate`: sustained requests a second; `burst`: requests at once; `clock`: seconds."""
        self._interval, self._allowance = 1 / rate, (burst - 1) / rate
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, caller: str) -> None:
        """Count one request; raises `Problem` (429), without counting it, if it exceeds the rate."""
        with self._lock:
            now = self._clock()
            full_at = max(now, self._full_at.get(caller, now))
            wait = full_at - self._allowance - now
            if wait <= ROUNDING:
                self._full_at[caller] = full_at + self._interval
                self._full_at.move_to_end(caller)
                if len(self._full_at) > MOST_CALLERS:
                    self._full_at.popitem(last=False)
        require_no_wait(wait)

    def close(self) -> None:
        """Do nothing; for the same interface as `RedisRate`."""


def require_no_wait(seconds: float) -> None:
    """Raise `Problem` (429) if a request is this many seconds too early."""
    if seconds > ROUNDING:
        headers = (("Retry-After", str(max(1, math.ceil(seconds)))),)
        raise Problem("too-many-requests", "This caller exceeds its request rate.", headers=headers)


TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses behind a translator (RFC 6052); a socket of both families shows them as `::ffff:a.b.c.d` instead."""


def network(address: str) -> str:
    """What identifies a caller that has no name: its IPv4 address, or the /64 network of its IPv6 address."""
    if ":" not in address:
        return address
    try:
        whole = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    inside = whole.ipv4_mapped or (ipaddress.IPv4Address(whole.packed[-4:]) if whole in TRANSLATED else None)
    return str(inside or ipaddress.IPv6Network((whole, 64), strict=False))
