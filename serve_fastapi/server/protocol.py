"""HTTP as uvicorn speaks it, behind the one reader of requests that both doors have: refusals of our own, and an answer
for a client that closes its side after sending."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from serve_fastapi.server.connection import TimedProtocol
from serve_fastapi.server.response_cycle import DoorCycle
from twinserve.service.http.arrival import Arrival
from twinserve.service.http.buffer import Held
from twinserve.service.http.head import METHODS, Familiar, Head, known
from twinserve.service.http.problem import Problem, bad_request, incomplete_body
from twinserve.service.http.raw_refusals import refusal, too_slow

MOST_AT_ONCE: Final = 64 * 1024
"""Bytes of a request that the parser sees in one piece, without a look at how it arrives."""
LAST_CHUNK: Final = b"0\r\n\r\n"


class DoorProtocol(TimedProtocol):
    """A request is read here, checked, and only then shown to the parser, one at a time: what follows waits as bytes
    until it has been answered."""

    _shown: Head
    """The head that the parser saw last."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # As uvicorn's own.
        """A new connection owes a request."""
        super().connection_made(transport)
        self._familiar = Familiar(self._settings.max_head)
        self._arrival: Arrival | None = None
        """A request of which some has come, and not all."""
        self._ahead = b""
        """What has come behind a request that is not answered yet."""
        self._held = Held(self._service.room)
        self._is_refused = False
        """Did something come that is no request? Then nothing behind it is one."""
        self._has_closed = False
        """Has the client closed its side?"""

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is held any more."""
        self._ahead = b""
        self._held.set(0)
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """The answer is written; what the client has not taken when the connection is closed is not left for ever."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._unread.set()
        elif self._ahead:
            data, self._ahead = self._ahead, b""
            self._take(data)
        elif self._has_closed:
            self.transport.close_now()

    def eof_received(self) -> bool:  # type: ignore[override]  # The base class leaves the answer to its transport.
        """Keep the other side open while an answer is owed; a body that can never be whole is refused."""
        self._has_closed = True
        if self.transport.has_ended or self._is_idle():
            return False
        if self._arrival is not None:
            self._end(self._arrival)
        return True

    def _end(self, arrival: Arrival) -> None:
        """The client has closed its side before its request was whole."""
        if arrival.head is None:
            self.transport.close_now()
        else:
            self._refuse(incomplete_body())

    def data_received(self, data: bytes) -> None:
        """Take a request, or keep what comes behind one for later."""
        if self._is_refused or self.transport.has_ended:
            self.transport.drop(len(data))
        elif self._is_answering():
            self._keep(data)
        elif self._arrival is None and len(data) < MOST_AT_ONCE and (head := self._familiar.whole(data)) is not None:
            self._shown = head
            self._unset_keepalive_if_required()
            self._owed.lift()
            self._feed(data)
        else:
            self._take(data)

    def _take(self, data: bytes) -> None:
        """One request after the other, as long as each is answered already."""
        place = 0
        while place < len(data):
            arrival = self._arrival or Arrival(self._settings.max_head)
            self._arrival = arrival
            is_new, had_begun = arrival.head is None, arrival.has_begun
            body = arrival.add(data, place)
            if arrival.has_begun:  # An empty line before a request does not begin it: the connection is idle as before.
                self._unset_keepalive_if_required()
                if not had_begun:
                    self._owed.lift()
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
        """The request is not whole, and may never be. A timer for each would take 2 us; most arrive in one piece."""
        if arrival.has_begun:
            self._owed.set()
        self._hold(len(arrival.kept))
        if arrival.problem is not None:
            self._refuse(arrival.problem)
        elif self._has_closed:
            self._end(arrival)

    def _show(self, arrival: Arrival, head: Head, body: bytes, *, is_new: bool) -> None:
        """Let the parser see what has come of a request, whatever its chunks were."""
        if head.is_chunked:
            body = (b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + (LAST_CHUNK if arrival.is_whole else b"")
        if is_new:
            self._shown = head
            body = (head.content if head.method in METHODS else known(head.content)) + body
        self._feed(body)

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except HttpParserError:  # Nothing is known that passed before, and does not pass here.
            self._refuse(bad_request("The server cannot read this request."))

    def _end_request(self) -> None:
        """It has arrived; what comes next is another head."""
        self._arrival = None
        self._held.set(0)
        self._owed.lift()
        if self._is_idle() and self.cycle is not None and not self.transport.is_closing():  # Answered by its head.
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _keep(self, data: bytes) -> None:
        """For later, if there is room; the client may wait with more."""
        self.flow.pause_reading()
        self._ahead += data
        self._hold(len(self._ahead))

    def _hold(self, size: int) -> None:
        """So many bytes are kept of what is no request yet; no more than there is room for."""
        try:
            self._held.set(size)
        except Problem as problem:
            self._ahead = b""
            self._refuse(problem)

    def on_headers_complete(self) -> None:
        """The head is whole: hand the request on."""
        head = self._shown
        self.expect_100_continue = head.awaits
        super().on_headers_complete()
        if head.method not in METHODS:
            self.scope["method"] = head.method.decode("ascii")
        if self.cycle is not None:
            self.cycle.closes_unread = head.awaits or head.is_chunked
            if self._is_ending or head.length > self._settings.max_body:
                self.cycle.keep_alive = False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        cycle.__class__ = DoorCycle  # uvicorn has no setting for it.
        super()._start_asgi_task(cycle, app)

    def _is_answering(self) -> bool:
        """Is a request there, whole, and not answered?"""
        return self.cycle is not None and not self.cycle.response_complete and self._arrival is None

    def _has_begun(self) -> bool:
        """Has something of a request come, and not all of it?"""
        return self._arrival is not None and self._arrival.has_begun

    def _close_idle(self) -> None:
        if self._is_idle() and not self._has_begun():  # What has begun has its own deadline.
            self.transport.close_now()

    def _too_slow(self) -> None:
        if not self._is_idle():
            self._owed.set()  # The app is reading the body, under a deadline of its own.
        elif self._arrival is not None and self._arrival.head is None and self._has_begun():
            self._refuse(too_slow(self._settings))
        else:
            self.transport.close_now()

    def _refuse(self, problem: Problem) -> None:
        """Refuse what comes: in the place of its head, or as what the app is told that reads its body."""
        if self._is_refused:
            return
        self._is_refused = True
        self._unset_keepalive_if_required()
        self._owed.lift()
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.refuse(problem)
            return
        is_head = self._arrival is None or self._arrival.head is None
        if is_head and not self.transport.is_closing():  # Else it has been answered by its head.
            self.transport.write(refusal(problem, self._service.begin_unseen()))
        self.transport.close()
        self._unread.set()
