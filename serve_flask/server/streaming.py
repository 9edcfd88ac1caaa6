"""The body of a streamed request, read from the connection by the thread that answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinserve.service.http.problem import incomplete_body
from twinserve.service.settings import Settings

if TYPE_CHECKING:
    from serve_flask.server.connection import Connection

READ: Final = 64 * 1024


class BodyReader:
    """A `wsgi.input` for one request; meanwhile the event loop does not watch the connection."""

    def __init__(self, conn: Connection, first: bytes, settings: Settings) -> None:
        """`first` is the part of the body that has arrived."""
        self._conn, self._arrival, self._settings = conn, conn.arrival, settings
        self._there = first
        self.is_whole = self._arrival is None or self._arrival.is_whole

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, empty at the end. Raises `TimeoutError` if nothing arrives within `receive_timeout`,
        and `Problem` for a malformed or incomplete body."""
        while size < 0 and not self.is_whole:
            self._there += self._receive()
        while not self._there and not self.is_whole:
            self._there = self._receive()
        size = len(self._there) if size < 0 else size
        piece, self._there = self._there[:size], self._there[size:]
        return piece

    def _receive(self) -> bytes:
        arrival = self._arrival
        if arrival is None:
            return b""
        data = self._conn.sock.wait_for(READ, self._settings.receive_timeout)
        if not data:
            raise incomplete_body()
        piece = arrival.add(data)
        if arrival.problem is not None:
            raise arrival.problem
        self.is_whole = arrival.is_whole
        if arrival.rest:
            self._conn.ahead = data[-arrival.rest :]
        return piece
