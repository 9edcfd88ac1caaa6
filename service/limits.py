"""How often one caller may ask, and how many may ask at once."""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from service.problem import Problem, unavailable

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


class Places:
    """`with places:` takes one of a bounded number of places, or raises `Problem` (503) at once."""

    def __init__(self, number: int) -> None:
        self._free = [None] * number

    def __enter__(self) -> None:
        try:
            self._free.pop()  # Taking from a list and giving back are atomic: no lock, and 0.1 us.
        except IndexError:
            raise unavailable("As many requests as the service takes at once are in flight.") from None

    def __exit__(self, *_: object) -> None:
        self._free.append(None)


class Room:
    """How many bytes of requests that have not been answered one worker holds, of all connections together."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._lock = threading.Lock()

    def take(self, size: int) -> None:
        """Hold so many more, or fewer; raises `Problem` (503) where there is no room for more."""
        with self._lock:
            if size > self._free and size > 0:
                raise unavailable("The service holds as many bytes of requests as it may.")
            self._free -= size


class Held:
    """What one connection or request holds of that room."""

    __slots__ = ("_room", "size")

    def __init__(self, room: Room) -> None:
        self._room, self.size = room, 0

    def set(self, size: int) -> None:
        """Hold so many bytes; raises `Problem` (503) where there is no room, and then holds what it did."""
        if size != self.size:
            self._room.take(size - self.size)
            self.size = size


def network(address: str) -> str:
    """What counts as one caller without a name: an IPv4 address, or the /64 that one IPv6 customer gets."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.IPv6Network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address
