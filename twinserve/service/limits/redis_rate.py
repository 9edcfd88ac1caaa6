"""Request rates that all workers of all machines count together, in one Redis.

Fails open: while the store cannot be reached, each worker counts by itself, as it does without a store.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final, cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from twinserve.service.limits.rate import Rate, require_no_wait
from twinserve.service.telemetry.logs import log

TIMEOUT: Final = 0.05
"""Seconds that the store has to answer, twice if a connection broke. An event loop waits for it, so it is short."""
PAUSE: Final = 1.0
"""Seconds between two attempts to reach a store that was lost; no request waits for these."""

# The bucket of `Rate` in one atomic step, by the store's clock. If that clock is set back, a caller still waits no
# longer than an empty bucket takes to fill.
TAKE: Final = """
local interval, allowance = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local full_at = tonumber(redis.call('GET', KEYS[1]) or now)
full_at = math.min(math.max(now, full_at), now + allowance + interval)
local wait = full_at - allowance - now
if wait > 1e-6 then
    return string.format('%.6f', wait)
end
full_at = full_at + interval
redis.call('SET', KEYS[1], string.format('%.17g', full_at), 'PX', math.ceil((full_at - now) * 1000))
return '0'
"""


class RedisRate:
    """A token bucket for each caller, in the store; the same interface as `Rate`."""

    def __init__(self, url: str, prefix: str, rate: float, burst: int, lost: Callable[[], object]) -> None:
        """`prefix` separates services that share a store; `lost` is called each time the store is lost.

        Raises `ValueError` if `url` is not the URL of a Redis."""
        self._client = Redis.from_url(
            url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=Retry(NoBackoff(), 1), protocol=2
        )
        self._script = self._client.register_script(TAKE)
        self._prefix, self._arguments = prefix, (repr(1 / rate), repr((burst - 1) / rate))
        self._alone = Rate(rate, burst)
        self._lost = lost
        self._is_there = True
        self._lock = threading.Lock()
        self._closed = threading.Event()
        try:
            self._client.ping()
        except RedisError as error:
            self._lose(error)

    def take(self, caller: str) -> None:
        """Count one request; raises `Problem` (429), without counting it, if it exceeds the rate."""
        if self._is_there:
            try:
                wait = cast("Any", self._script(keys=[self._prefix + caller], args=self._arguments))
            except RedisError as error:
                self._lose(error)
            else:
                require_no_wait(float(wait))
                return
        self._alone.take(caller)

    def close(self) -> None:
        """Stop looking for a lost store and close the connections."""
        self._closed.set()
        self._client.close()

    def _lose(self, error: RedisError) -> None:
        with self._lock:
            if not self._is_there:
                return
            self._is_there = False
        self._lost()
        log.warning("rate store lost", reason=str(error), consequence="each worker counts for itself")
        try:
            threading.Thread(target=self._wait_for_store, name="rate store", daemon=True).start()
        except RuntimeError:  # The system has no room for a thread, so the next request looks for the store itself.
            self._is_there = True

    def _wait_for_store(self) -> None:
        while not self._closed.wait(PAUSE):
            try:
                self._client.ping()
            except RedisError:
                continue
            self._is_there = True
            log.info("rate store found")
            return
