"""`DoorLoop`: uvloop with a way of its own to accept connections."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

import uvloop

from twinserve.service.process.accept import PendingConnections

MOST: Final = 256
"""Maximum number of connections accepted at once."""
Protocols = Callable[[], asyncio.BaseProtocol]


class DoorLoop(uvloop.Loop):
    """An event loop that accepts several pending connections in one turn. With one connection a turn, only a quarter of
    a thousand simultaneous connections was answered within six seconds, because a busy turn is long."""

    async def create_server(  # type: ignore[override]  # Of what it may be given, uvicorn gives this.
        self, protocol_factory: Protocols, *, sock: socket.socket, backlog: int = 2048, **_: Any
    ) -> Listening:
        """Listen, and accept what is pending."""
        sock.settimeout(0)
        sock.listen(backlog)
        return Listening(self, protocol_factory, sock)


class Listening:
    """Accepts the connections of one listener. uvloop's own server resets pending connections when the process has too
    many open files, and stops listening for ever when another thread opens a file at that moment."""

    def __init__(self, loop: DoorLoop, protocol_factory: Protocols, listener: socket.socket) -> None:
        self._loop, self._make, self._listener = loop, protocol_factory, listener
        self._opening: set[asyncio.Task[Any]] = set()
        self._pending = PendingConnections(MOST)
        self._timer: asyncio.TimerHandle | None = None
        """Set while there is no room for connections."""
        self._watch()

    def _watch(self) -> None:
        self._timer = None
        self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        for accepted, _ in self._pending.accept(self._listener):
            task = self._loop.create_task(self._loop.connect_accepted_socket(self._make, accepted))
            self._opening.add(task)  # The loop itself holds tasks weakly.
            task.add_done_callback(self._opening.discard)
        if self._pending.pause:
            self._loop.remove_reader(self._listener)
            self._timer = self._loop.call_later(self._pending.pause, self._watch)

    def close(self) -> None:
        """Accept no more connections."""
        if self._timer is not None:
            self._timer.cancel()
        elif self.is_serving():
            self._loop.remove_reader(self._listener)

    def is_serving(self) -> bool:
        """Is the listener still open?"""
        return self._listener.fileno() >= 0

    async def wait_closed(self) -> None:
        """Return at once, as nothing of the listener's is left after `close`."""
