"""How often one caller may ask, and how many may ask at once."""

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
"""Callers remembered, about 2 MB; whoever asked longest ago is forgotten first, and begins anew."""


ROUNDING: Final = 1e-6
"""Seconds that sums of floats may be off; no caller gains anything by them."""


class Rate:
    """A token bucket for each caller, kept as the moment when it will be full again (GCRA)."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`rate` requests a second for ever, `burst` at once."""
        self._interval, self._allowance = 1 / rate, (burst - 1) / rate
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, caller: str) -> None:
        """Count one request; raises `Problem` (429) when it is one too many, and that one does not count."""
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
        """Nothing to give back."""


def require_no_wait(seconds: float) -> None:
    """429 for a caller whose next request is so many seconds too early."""
    if seconds > ROUNDING:
        headers = (("Retry-After", str(max(1, math.ceil(seconds)))),)
        raise Problem("too-many-requests", "This caller asks too often.", headers=headers)


def network(address: str) -> str:
    """What counts as one caller without a name: an IPv4 address, or the /64 that one IPv6 customer gets."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.IPv6Network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address
