"""How many pending connections a server accepts at once."""

from __future__ import annotations

import socket
from typing import Any

Accepted = tuple[socket.socket, Any]
"""A connection and its peer's address."""


class Newcomers:
    """One at first and twice as many each time that more wait: a crowd would else wait for as many turns of an event
    loop as there are others before it. Of few, other workers get their share."""

    def __init__(self, most: int) -> None:
        self._most, self.number = most, 1
        """How many are taken next."""

    def take(self, listener: socket.socket) -> list[Accepted]:
        """Those whose turn it is."""
        found = waiting(listener, self.number)
        self.number = min(2 * self.number, self._most) if len(found) == self.number else 1
        return found


def waiting(listener: socket.socket, number: int) -> list[Accepted]:
    """So many of the connections that wait to be taken."""
    found = []
    for _ in range(number):
        try:
            found.append(listener.accept())
        except OSError:
            break  # No more, another worker was faster, the client has gone, or this process may open no more files.
    return found
