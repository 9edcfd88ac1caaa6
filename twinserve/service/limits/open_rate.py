"""Which store of request rates the settings choose."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from twinserve.service.limits.rate import Rate
from twinserve.service.settings import BadSetting, Settings

if TYPE_CHECKING:
    from twinserve.service.limits.redis_rate import RedisRate


def open_rate(settings: Settings, store_lost: Callable[[], object]) -> Rate | RedisRate | None:
    """The rates by the settings, None if they are not limited; raises `BadSetting`.

    `store_lost` is called each time a shared store becomes unreachable."""
    if settings.rate is None:
        return None
    burst = settings.burst or math.ceil(settings.rate)
    if settings.rate_store is None:
        return Rate(settings.rate, burst)
    if importlib.util.find_spec("redis") is None:
        raise BadSetting("TWINSERVE_RATE_STORE needs redis: pip install 'twinserve[redis]'.")
    from twinserve.service.limits.redis_rate import RedisRate

    try:
        return RedisRate(settings.rate_store, f"twinserve:{settings.model}:", settings.rate, burst, store_lost)
    except ValueError:
        raise BadSetting("TWINSERVE_RATE_STORE must be the URL of a Redis.") from None
