"""A client's connection, with what uvicorn lacks: a deadline for each request to arrive and for its answer to be
accepted, and a close that loses nothing."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serve_fastapi.deadline import Deadline
from serve_fastapi.server.lingering import LingeringTransport
from serve_fastapi.server.response_cycle import DoorCycle
from twinserve.service.raw_refusals import SILENCE
from twinserve.service.service import Service


class TimedProtocol(HttpToolsProtocol):
    """One connection. The service comes from the app's lifespan state, and its settings apply."""

    cycle: DoorCycle | None  # type: ignore[assignment]  # None until a head is complete.
    transport: LingeringTransport  # type: ignore[assignment]  # It has the methods of one.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # As uvicorn's own.
        """Start the deadline for the first request."""
        self._service: Service = self.app_state["service"]
        self._settings = self._service.settings
        lingering: Any = LingeringTransport(
            transport, self.loop, self._settings.receive_timeout, self._settings.send_timeout
        )
        super().connection_made(lingering)
        self._is_ending = False
        """Is the server shutting down?"""
        self._receive_deadline = Deadline(self.loop, self._settings.receive_timeout, self._too_slow)
        """The deadline for a request to arrive."""
        self._send_deadline = Deadline(self.loop, self._settings.send_timeout, transport.abort)
        """The deadline for a client to accept an answer."""
        self._receive_deadline.set()

    @abstractmethod
    def _too_slow(self) -> None:
        """Act on a request that did not arrive in time."""

    @abstractmethod
    def _close_idle(self) -> None:
        """While the server shuts down, close the connection unless a request has begun."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Lift the deadlines: the connection is gone."""
        self._receive_deadline.lift()
        self._send_deadline.lift()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Start the deadline for the client to accept what is written."""
        super().pause_writing()
        self._send_deadline.set()

    def resume_writing(self) -> None:
        """Lift that deadline: the client has accepted most of it."""
        super().resume_writing()
        self._send_deadline.lift()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that has been idle for too long, even if its last answer was not accepted."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close_now()

    def shutdown(self) -> None:
        """Shut down. uvicorn would close an idle connection now, and lose a request that is on its way."""
        self._is_ending = True
        self.transport.seconds = SILENCE
        if self._is_idle():
            self.loop.call_later(min(SILENCE, self._settings.grace / 2), self._close_idle)
        else:
            super().shutdown()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete
