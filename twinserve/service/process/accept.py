"""How many pending connections a server accepts at once."""

from __future__ import annotations

import socket
from typing import Any

Accepted = tuple[socket.socket, Any]
"""A connection and its peer's address."""


class PendingConnections:
    """Accepts pending connections: one at first, and twice as many each time that more are pending.

    With one in each turn of an event loop, the last of many would wait for as many turns as there are others before it.
    When few are pending, other workers get some of them.
    """

    def __init__(self, most: int) -> None:
        """`most`: the maximum number accepted at once."""
        self._most, self.number = most, 1
        """How many are accepted next."""

    def accept(self, listener: socket.socket) -> list[Accepted]:
        """Accept the next ones; fewer if fewer are pending."""
        accepted = accept_pending(listener, self.number)
        self.number = min(2 * self.number, self._most) if len(accepted) == self.number else 1
        return accepted


def accept_pending(listener: socket.socket, number: int) -> list[Accepted]:
    """Accept up to `number` pending connections, without waiting."""
    accepted = []
    for _ in range(number):
        try:
            accepted.append(listener.accept())
        except OSError:
            break  # None is left, another worker was faster, the client is gone, or no more files may be opened.
    return accepted
