"""uvloop, but for the way it takes newcomers: one in each turn of the loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

import uvloop

from twinserve.service.process.accept import Newcomers

MOST: Final = 256
"""Most connections taken at once."""


class DoorLoop(uvloop.Loop):
    """A turn is long when many ask, and one newcomer a turn would wait for as many turns as there are others before it:
    of a thousand connections that opened at once a quarter was answered within six seconds."""

    async def create_server(  # type: ignore[override]  # Of what it may be given, uvicorn gives this.
        self, protocol_factory: Callable[[], asyncio.BaseProtocol], *, sock: socket.socket, **options: Any
    ) -> asyncio.AbstractServer:
        """Listen; whenever one connection is taken, take others that wait."""
        opening: set[asyncio.Task[Any]] = set()
        newcomers = Newcomers(MOST)

        def make_protocol() -> asyncio.BaseProtocol:
            for accepted, _ in newcomers.take(sock):
                task = self.create_task(self.connect_accepted_socket(protocol_factory, accepted))
                opening.add(task)  # The loop itself holds tasks weakly.
                task.add_done_callback(opening.discard)
            return protocol_factory()

        return await super().create_server(make_protocol, sock=sock, **options)
