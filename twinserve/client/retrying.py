"""When to ask again, and after how long. A prediction changes nothing on the server, so asking twice is safe."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from twinserve.client.errors import ConnectionFailed
from twinserve.client.messages import Response
from twinserve.errors import AskedWrongly

AGAIN: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,  # A proxy in front of a server that restarts.
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""The statuses after which the same request may be answered."""
Outcome = Response | ConnectionFailed


@dataclass(frozen=True)
class Retries:
    """How often and how long to ask again: after a lost or refused connection, and after 429, 502, 503 and 504.

    The n-th pause is a random share of `first` x 2^(n-1) seconds, of at most `longest` (full jitter: many clients of a
    server that comes back do not ask in step); where the server says `Retry-After`, at least that long. No other 4xx is
    asked again, and no answer that took longer than `timeout`."""

    most: int = 5
    """Attempts after the first one; 0 asks once."""
    first: float = 0.2
    longest: float = 10.0
    total: float = 60.0
    """Seconds that all attempts and pauses of a request may take, or `timeout` if that is more. A pause that would end
    later is not begun."""

    def __post_init__(self) -> None:
        if self.most < 0 or min(self.first, self.longest, self.total) <= 0:
            raise AskedWrongly("retries: most is at least 0; first, longest and total are more than 0 seconds.")

    def pause(
        self, number: int, outcome: Outcome, left: float, chance: Callable[[], float] = random.random
    ) -> float | None:
        """Seconds until the next attempt, after the attempt of this number (from 1) had this outcome; None for none.

        `left`: the seconds of `total` that are left; `chance` gives a number from 0 to 1."""
        if number > self.most or not is_passing(outcome):
            return None
        wait = chance() * min(self.longest, self.first * 2.0 ** min(number - 1, 60))
        if isinstance(outcome, Response) and (asked := retry_after(outcome)) is not None:
            wait += asked  # Jitter on top: the server told all the others the same.
        return wait if wait < left else None


USUAL: Final = Retries()
NEVER: Final = Retries(most=0)


def retries_of(given: object) -> Retries:
    """The retries that a caller asks for: all of it, a number of them, or none."""
    if isinstance(given, Retries):
        return given
    if given is None:
        return NEVER
    if isinstance(given, int) and not isinstance(given, bool):
        return Retries(most=given)
    raise AskedWrongly("retries is a Retries, a number or None.")


def is_passing(outcome: Outcome) -> bool:
    """May the same request be answered later?"""
    if isinstance(outcome, ConnectionFailed):
        return not outcome.is_final
    return outcome.status in AGAIN


def retry_after(response: Response, now: Callable[[], float] = time.time) -> float | None:
    """The seconds of `Retry-After`, which has seconds or a date (RFC 9110 section 10.2.3); None without a valid one."""
    given = response.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdecimal():
        return float(given[:9])
    try:
        when = parsedate_to_datetime(given)
    except (ValueError, OverflowError):  # Of a year beyond all, say.
        return None
    moment = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.fromtimestamp(now(), UTC)).total_seconds())
