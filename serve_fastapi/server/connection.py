"""A client's connection, and what uvicorn leaves out of it: a deadline for each request to arrive and for its answer to
be taken in, and an end in which nothing is lost."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serve_fastapi.deadline import Deadline
from serve_fastapi.server.lingering import LingeringTransport
from serve_fastapi.server.response_cycle import DoorCycle
from twinserve.service.http.raw_refusals import SILENCE
from twinserve.service.service import Service


class TimedProtocol(HttpToolsProtocol):
    """One connection; the app's lifespan state holds the service, whose settings hold here."""

    cycle: DoorCycle | None  # type: ignore[assignment]  # None until a head is whole.
    transport: LingeringTransport  # type: ignore[assignment]  # It stands in for one.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # As uvicorn's own.
        """A new connection owes a request."""
        self._service: Service = self.app_state["service"]
        self._settings = self._service.settings
        lingering: Any = LingeringTransport(
            transport, self.loop, self._settings.receive_timeout, self._settings.send_timeout
        )
        super().connection_made(lingering)
        self._is_ending = False
        """Does the server take no more requests?"""
        self._owed = Deadline(self.loop, self._settings.receive_timeout, self._too_slow)
        """A request, to arrive."""
        self._unread = Deadline(self.loop, self._settings.send_timeout, transport.abort)
        """An answer, to be taken in."""
        self._owed.set()

    @abstractmethod
    def _too_slow(self) -> None:
        """A request has not arrived in time."""

    @abstractmethod
    def _close_idle(self) -> None:
        """Close the connection of a server that takes no more, unless a request has begun."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is owed any more."""
        self._owed.lift()
        self._unread.lift()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client does not take what is written; it has so long to."""
        super().pause_writing()
        self._unread.set()

    def resume_writing(self) -> None:
        """It has taken most of it."""
        super().resume_writing()
        self._unread.lift()

    def timeout_keep_alive_handler(self) -> None:
        """Idle for long; a client that has not even taken its last answer will not."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close_now()

    def shutdown(self) -> None:
        """The server takes no more. uvicorn would close an idle connection now, and lose what is on its way."""
        self._is_ending = True
        self.transport.seconds = SILENCE
        if self._is_idle():
            self.loop.call_later(min(SILENCE, self._settings.grace / 2), self._close_idle)
        else:
            super().shutdown()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete
