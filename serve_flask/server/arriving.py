"""How requests arrive at a worker of this door: in pieces, until one is whole or can be answered by its head."""

from __future__ import annotations

import selectors
from abc import abstractmethod

from serve_flask.server.connection import Connection
from serve_flask.server.poller import READ, WaitingWorker
from twinserve.service.http.arrival import Arrival
from twinserve.service.http.body import SMALL, too_large
from twinserve.service.http.head import Head
from twinserve.service.http.problem import Problem


class ArrivingWorker(WaitingWorker):
    """A worker that reads requests in its event loop."""

    @abstractmethod
    def answer(self, conn: Connection, head: Head, body: bytes) -> None:
        """A request is there, whole; this is the rest of its body."""

    @abstractmethod
    def answer_head(self, conn: Connection, head: Head, body: bytes) -> None:
        """The head of a request is there, and this of its body."""

    @abstractmethod
    def refuse(self, conn: Connection, problem: Problem) -> None:
        """End a connection with the answer to a request that will not be whole."""

    @abstractmethod
    def end(self, conn: Connection) -> None:
        """The client has closed its side before its request was whole."""

    def begin(self, conn: Connection) -> None:
        """A new connection owes a request; read what it has sent."""
        self.expect(conn, self.service.settings.receive_timeout)
        self.receive(conn)

    def expect(self, conn: Connection, seconds: float) -> None:
        """Wait for a request on this connection."""
        conn.arrival = Arrival(self.service.settings.max_head)
        self.wait(conn, selectors.EVENT_READ, seconds)

    def receive(self, conn: Connection) -> None:
        """Read what there is."""
        data = conn.sock.receive(READ)
        if data:
            self.advance(conn, data)
        elif data is not None:
            self.end(conn)

    def advance(self, conn: Connection, data: bytes, *, may_be_familiar: bool = True) -> None:
        """Go on when the request is whole, or can be refused: this has come."""
        arrival = conn.arrival
        if arrival is None:
            return
        had_begun = arrival.has_begun
        if not had_begun and not arrival.kept:
            head = conn.familiar.whole(data) if may_be_familiar and len(data) < READ else None
            if head is not None:
                self.answer(conn, head, data[len(head.content) :])
                return
        is_new = arrival.head is None
        body = arrival.add(data)
        if not had_begun and arrival.has_begun:  # Once: no later byte prolongs it, and an empty line does not begin.
            self.wait(conn, selectors.EVENT_READ, self.service.settings.receive_timeout)
        if arrival.rest:
            self.keep_ahead(conn, data[-arrival.rest :])
        if conn.is_answered:
            self.go_on_behind(conn, arrival)
        else:
            self.take(conn, arrival, body, is_new=is_new)

    def take(self, conn: Connection, arrival: Arrival, body: bytes, *, is_new: bool) -> None:
        """Answer a request, ask the app about it, or keep what has come of it."""
        if arrival.is_whole and arrival.head is not None:
            self.answer(conn, arrival.head, body)
        elif is_new and arrival.head is not None:
            self.answer_head(conn, arrival.head, body)
        elif arrival.head is None:
            self.hold(conn, len(arrival.kept))
        else:
            self.keep(conn, body)
        if arrival.problem is not None and conn.arrival is arrival and not conn.is_answered:
            self.refuse(conn, arrival.problem)

    def keep_ahead(self, conn: Connection, data: bytes) -> None:
        """For later, if there is room; else this request is the last one."""
        try:
            conn.held.set(len(data))
            conn.ahead = data
        except Problem:
            conn.is_last = True

    def go_on_behind(self, conn: Connection, arrival: Arrival) -> None:
        """Drop what has come of a body behind its answer; once that is all, the next request may come."""
        if arrival.problem is not None:
            conn.keep = False
        if arrival.is_whole or arrival.problem is not None:
            conn.arrival = None
            self.send(conn)

    def keep(self, conn: Connection, body: bytes) -> None:
        """More of a body that is not whole: refused when it is too much."""
        conn.arrived.write(body)
        size, limit = conn.arrived.tell(), self.service.settings.max_body
        if size > limit:
            self.refuse(conn, too_large(limit))
        elif size > SMALL:
            self.hold(conn, size)

    def hold(self, conn: Connection, size: int) -> None:
        """So many bytes of a request that is not answered, as far as there is room."""
        try:
            conn.held.set(size)
        except Problem as problem:
            self.refuse(conn, problem)
