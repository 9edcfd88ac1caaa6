"""Rates that all workers of all machines count together, in one Redis.

Fails open to what each worker can see: while the store is away every worker counts for itself, as it does without one.
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
"""Seconds for the store to answer: the caller waits for it, and so does an event loop. Twice, if a connection broke."""
PAUSE: Final = 1.0
"""Seconds between two looks whether a store that went away is back; no request waits for these."""

# The bucket of `limits.Rate` in one atomic step, by the store's clock. Should that clock be set back, nobody waits
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


class SharedRate:
    """A token bucket for each caller, in the store."""

    def __init__(self, url: str, prefix: str, rate: float, burst: int, lost: Callable[[], object]) -> None:
        """`prefix` keeps apart what shares a store; `lost` is told whenever the store goes away."""
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
        """Count one request; raises `Problem` (429) when it is one too many, and that one does not count."""
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
        """Look no more."""
        self._closed.set()
        self._client.close()

    def _lose(self, error: RedisError) -> None:
        with self._lock:
            if not self._is_there:
                return
            self._is_there = False
        self._lost()
        log.warning("rate store lost", reason=str(error), consequence="each worker counts for itself")
        threading.Thread(target=self._wait_for_store, name="rate store", daemon=True).start()

    def _wait_for_store(self) -> None:
        while not self._closed.wait(PAUSE):
            try:
                self._client.ping()
            except RedisError:
                continue
            self._is_there = True
            log.info("rate store found")
            return
