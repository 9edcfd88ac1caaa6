"""uvicorn's HTTP protocol behind the reader of requests that both doors share: our own refusals, and an answer for a
client that closes its side after its request."""

from __future__ import annotations

import asyncio
from typing import Final

from serve_fastapi.server.parsing import ParsingProtocol
from twinserve.service.http.arrival import Arrival
from twinserve.service.http.buffer import Held
from twinserve.service.http.head import Familiar
from twinserve.service.http.problem import Problem, incomplete_body
from twinserve.service.raw_refusals import refusal, too_slow

MOST_AT_ONCE: Final = 64 * 1024
"""Maximum size in bytes of a request that goes to the parser in one piece, without an `Arrival`."""


class DoorProtocol(ParsingProtocol):
    """Reads and checks a request before uvicorn's parser sees it, one request at a time: what follows is kept as bytes
    until the request has been answered."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # As uvicorn's own.
        """Start reading from a new connection."""
        super().connection_made(transport)
        self._familiar = Familiar(self._settings.max_head)
        self._arrival: Arrival | None = None
        """The request that has arrived in part."""
        self._ahead = b""
        """What arrived after a request that is not answered yet."""
        self._held = Held(self._service.room)
        self._is_refused = False
        """Has a request been refused? Then nothing after it is read."""
        self._has_closed = False
        """Has the client closed its side?"""

    def connection_lost(self, exc: Exception | None) -> None:
        """Drop the bytes that were kept."""
        self._ahead = b""
        self._held.set(0)
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Go on after an answer, or close; the time for the client to accept the rest of it is limited."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._send_deadline.set()
        elif self._ahead:
            data, self._ahead = self._ahead, b""
            self._take(data)
        elif self._has_closed:
            self.transport.close_now()

    def eof_received(self) -> bool:  # type: ignore[override]  # The base class leaves the answer to its transport.
        """The client has closed its side: a complete request is still answered, an incomplete body is refused."""
        self._has_closed = True
        if self.transport.has_ended or self._is_idle():
            return False
        if self._arrival is not None:
            self._end(self._arrival)
        return True

    def _end(self, arrival: Arrival) -> None:
        """The client has closed its side before its request was complete."""
        if arrival.head is None:
            self.transport.close_now()
        else:
            self._refuse(incomplete_body())

    def data_received(self, data: bytes) -> None:
        """Read a request, or keep what arrives after one for later."""
        if self._is_refused or self.transport.has_ended:
            self.transport.drop(len(data))
        elif self._is_answering():
            self._keep(data)
        elif self._arrival is None and len(data) < MOST_AT_ONCE and (head := self._familiar.whole(data)) is not None:
            self._unset_keepalive_if_required()
            self._receive_deadline.lift()
            self._pass_on(head, data)
        else:
            self._take(data)

    def _take(self, data: bytes) -> None:
        """Read one request after the other, until one is not answered at once."""
        place = 0
        while place < len(data):
            arrival = self._arrival or Arrival(self._settings.max_head)
            self._arrival = arrival
            is_new, had_begun = arrival.head is None, arrival.has_begun
            body = arrival.add(data, place)
            if arrival.has_begun:  # An empty line before a request does not begin it: the connection is idle as before.
                self._unset_keepalive_if_required()
                if not had_begun:
                    self._receive_deadline.lift()
            if arrival.head is not None:
                self._show(arrival, arrival.head, body, is_new=is_new)
            if not arrival.is_whole:
                self._wait_for(arrival)
                return
            self._end_request()
            place = len(data) - arrival.rest
            if place < len(data) and self._is_answering():
                self._keep(data[place:])
                return

    def _wait_for(self, arrival: Arrival) -> None:
        """Start the deadline of an incomplete request. Most arrive in one piece, and a timer takes 2 us."""
        if arrival.has_begun:
            self._receive_deadline.set()
        self._hold(len(arrival.kept))
        if arrival.problem is not None:
            self._refuse(arrival.problem)
        elif self._has_closed:
            self._end(arrival)

    def _end_request(self) -> None:
        """The request is complete; the next bytes are another head."""
        self._arrival = None
        self._held.set(0)
        self._receive_deadline.lift()
        # It may have been answered before its body arrived.
        if self._is_idle() and self.cycle is not None and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _keep(self, data: bytes) -> None:
        """Keep bytes for later, if there is room, and stop reading."""
        self.flow.pause_reading()
        self._ahead += data
        self._hold(len(self._ahead))

    def _hold(self, size: int) -> None:
        """Account for the bytes kept of an incomplete head; refuse it when there is no room."""
        try:
            self._held.set(size)
        except Problem as problem:
            self._ahead = b""
            self._refuse(problem)

    def _is_answering(self) -> bool:
        """Is a complete request being answered?"""
        return self.cycle is not None and not self.cycle.response_complete and self._arrival is None

    def _has_begun(self) -> bool:
        """Has a request arrived in part?"""
        return self._arrival is not None and self._arrival.has_begun

    def _close_idle(self) -> None:
        if self._is_idle() and not self._has_begun():  # A request that has begun has its own deadline.
            self.transport.close_now()

    def _too_slow(self) -> None:
        if not self._is_idle():
            self._receive_deadline.set()  # The app is reading the body, under a deadline of its own.
        elif self._arrival is not None and self._arrival.head is None and self._has_begun():
            self._refuse(too_slow(self._settings))
        else:
            self.transport.close_now()

    def _refuse(self, problem: Problem) -> None:
        """Refuse a request: in place of its head, or by what the app receives in place of its body."""
        if self._is_refused:
            return
        self._is_refused = True
        self._unset_keepalive_if_required()
        self._receive_deadline.lift()
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.refuse(problem)
            return
        is_head = self._arrival is None or self._arrival.head is None
        if is_head and not self.transport.is_closing():  # Else it was answered before its body arrived.
            self.transport.write(refusal(problem, self._service.begin_unseen()))
        self.transport.close()
        self._send_deadline.set()
