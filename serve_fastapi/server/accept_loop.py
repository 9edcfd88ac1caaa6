"""`DoorLoop`: uvloop, which accepts one connection in each turn of its loop, changed to accept several."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

import uvloop

from twinserve.service.process.accept import PendingConnections

MOST: Final = 256
"""Maximum number of connections accepted at once."""


class DoorLoop(uvloop.Loop):
    """An event loop that accepts several pending connections in one turn. With one connection a turn, only a quarter of
    a thousand simultaneous connections was answered within six seconds, because a busy turn is long."""

    async def create_server(  # type: ignore[override]  # Of what it may be given, uvicorn gives this.
        self, protocol_factory: Callable[[], asyncio.BaseProtocol], *, sock: socket.socket, **options: Any
    ) -> asyncio.AbstractServer:
        """Listen; whenever one connection is accepted, accept others that are pending."""
        opening: set[asyncio.Task[Any]] = set()
        pending = PendingConnections(MOST)

        def make_protocol() -> asyncio.BaseProtocol:
            for accepted, _ in pending.accept(sock):
                task = self.create_task(self.connect_accepted_socket(protocol_factory, accepted))
                opening.add(task)  # The loop itself holds tasks weakly.
                task.add_done_callback(opening.discard)
            return protocol_factory()

        return await super().create_server(make_protocol, sock=sock, **options)
