"""How many pending connections a server accepts at once, and how it waits while the system gives it no more."""

from __future__ import annotations

import errno
import socket
import time
from typing import Any, Final

from twinserve.service.telemetry.logs import log

Accepted = tuple[socket.socket, Any]
"""A connection and its peer's address."""
NO_ROOM: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""The errors of a process or a system that can hold no more connections. The connection stays pending, so its listener
stays readable: who asks again at once spins."""
PAUSE: Final = 0.02
"""Seconds until the next try after such an error. Short, because a thousand clients that have given up may be pending,
before those that have not."""
QUIET: Final = 60.0
"""Seconds between two log lines about it."""


class PendingConnections:
    """Accepts pending connections: one at first, and twice as many each time that more are pending.

    With one in each turn of an event loop, the last of many would wait for as many turns as there are others before it.
    When few are pending, other workers get some of them.
    """

    def __init__(self, most: int) -> None:
        """`most`: the maximum number accepted at once."""
        self._most, self.number = most, 1
        """How many are accepted next."""
        self._again = self._quiet = 0.0

    @property
    def pause(self) -> float:
        """Seconds for which the listeners should be left alone, because there was no room for a connection."""
        return max(0.0, self._again - time.monotonic())

    def accept(self, listener: socket.socket) -> list[Accepted]:
        """Accept the next ones; fewer if fewer are pending or there is no room, and then `pause` is not 0."""
        accepted, error = accept_pending(listener, self.number)
        self.number = min(2 * self.number, self._most) if len(accepted) == self.number else 1
        if not accepted and error is not None and error.errno in NO_ROOM:
            self._wait(error)
        return accepted

    def _wait(self, error: OSError) -> None:
        now = time.monotonic()
        self._again = now + PAUSE
        if now >= self._quiet:
            self._quiet = now + QUIET
            log.error(
                "no room for connections",
                reason=f"{error.strerror}; new connections wait. Allow more open files (ulimit -n).",
            )


def accept_pending(listener: socket.socket, number: int) -> tuple[list[Accepted], OSError | None]:
    """Accept up to `number` pending connections, without waiting; with the error that ended it earlier.

    None was left, another worker was faster, the client is gone, or the system has no room."""
    accepted: list[Accepted] = []
    for _ in range(number):
        try:
            accepted.append(listener.accept())
        except OSError as error:
            return accepted, error
    return accepted, None
