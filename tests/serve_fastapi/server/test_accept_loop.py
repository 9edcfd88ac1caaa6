"""The event loop accepts pending connections together."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack

from serve_fastapi.server.accept_loop import DoorLoop

CROWD = 40
TURNS = 10


class Taken(asyncio.Protocol):
    """Records an accepted connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection, to close it."""
        self.transport = transport


def test_pending_connections_are_accepted_together() -> None:
    """One connection a turn would make the last one wait for the answers to all others."""

    async def taken(listener: socket.socket) -> int:
        protocols: list[Taken] = []

        def make() -> Taken:
            protocols.append(Taken())
            return protocols[-1]

        server = await asyncio.get_running_loop().create_server(make, sock=listener, backlog=CROWD)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        accepted = len(protocols)
        server.close()
        while not all(hasattr(protocol, "transport") for protocol in protocols):
            await asyncio.sleep(0)
        for protocol in protocols:
            protocol.transport.close()
        await asyncio.sleep(0)
        return accepted

    with ExitStack() as crowd, asyncio.Runner(loop_factory=DoorLoop) as runner:
        listener = crowd.enter_context(socket.create_server(("127.0.0.1", 0), backlog=CROWD))
        for _ in range(CROWD):
            crowd.enter_context(socket.create_connection(listener.getsockname()))
        assert runner.run(taken(listener)) == CROWD
