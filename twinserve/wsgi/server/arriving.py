"""How a worker reads requests: piece by piece, until one is complete or can be refused by its head."""

from __future__ import annotations

import selectors
from abc import abstractmethod

from twinserve.service.http.arrival import Arrival
from twinserve.service.http.body import SMALL, too_large
from twinserve.service.http.head import Head
from twinserve.service.http.problem import Problem
from twinserve.wsgi.server.connection import Connection
from twinserve.wsgi.server.waiting import READ, WaitingWorker


class ArrivingWorker(WaitingWorker):
    """A worker that reads requests in its event loop."""

    @abstractmethod
    def answer(self, conn: Connection, head: Head, body: bytes) -> None:
        """Answer a complete request; `body` is what has arrived of it since the last piece."""

    @abstractmethod
    def answer_head(self, conn: Connection, head: Head, body: bytes) -> None:
        """Answer a request, of whose body only `body` has arrived, or wait for the rest."""

    @abstractmethod
    def refuse(self, conn: Connection, problem: Problem) -> None:
        """Refuse a request that will not be read completely, and close the connection."""

    @abstractmethod
    def end(self, conn: Connection) -> None:
        """The client has closed its side before its request was complete."""

    def begin(self, conn: Connection) -> None:
        """Read from a new connection."""
        self.expect(conn, self.service.settings.receive_timeout)
        self.receive(conn)

    def expect(self, conn: Connection, seconds: float) -> None:
        """Wait for a request on this connection."""
        conn.arrival = Arrival(self.service.settings.max_head)
        self.wait(conn, selectors.EVENT_READ, seconds)

    def receive(self, conn: Connection) -> None:
        """Read what has arrived."""
        data = conn.sock.receive(READ)
        if data:
            self.advance(conn, data)
        elif data is not None:
            self.end(conn)

    def advance(self, conn: Connection, data: bytes, *, may_be_familiar: bool = True) -> None:
        """Handle what has arrived: answer when the request is complete or can be refused."""
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
        if (
            not had_begun and arrival.has_begun
        ):  # Once: later bytes do not extend the time, and an empty line does not start it.
            self.wait(conn, selectors.EVENT_READ, self.service.settings.receive_timeout)
        if arrival.rest:
            self.keep_ahead(conn, data[-arrival.rest :])
        if conn.is_answered:
            self.drop_answered_body(conn, arrival)
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
        """Keep bytes that belong to the next request; if there is no room, the connection closes after this one."""
        try:
            conn.held.set(len(data))
            conn.ahead = data
        except Problem:
            conn.is_last = True

    def drop_answered_body(self, conn: Connection, arrival: Arrival) -> None:
        """Drop the body of a request that has been answered; after its end the next request is read."""
        if arrival.problem is not None:
            conn.keep = False
        if arrival.is_whole or arrival.problem is not None:
            conn.arrival = None
            self.send(conn)

    def keep(self, conn: Connection, body: bytes) -> None:
        """Keep a part of a body that is not complete; refuse it when it is too large."""
        conn.arrived.write(body)
        size, limit = conn.arrived.tell(), self.service.settings.max_body
        if size > limit:
            self.refuse(conn, too_large(limit))
        elif size > SMALL:
            self.hold(conn, size)

    def hold(self, conn: Connection, size: int) -> None:
        """Account for the bytes held of an unanswered request; refuse it when there is no room."""
        try:
            conn.held.set(size)
        except Problem as problem:
            self.refuse(conn, problem)
