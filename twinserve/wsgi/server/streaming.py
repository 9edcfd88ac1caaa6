"""The body of a streamed request, read from the connection by the thread that answers it."""

from __future__ import annotations

from collections.abc import Callable
from io import RawIOBase
from typing import Final

from twinserve.service.http.arrival import Arrival
from twinserve.service.http.problem import incomplete_body

READ: Final = 64 * 1024


class BodyReader(RawIOBase):
    """A `wsgi.input` for one request; meanwhile the event loop does not watch the connection."""

    def __init__(self, receive: Callable[[int], bytes], arrival: Arrival | None, first: bytes) -> None:
        """`receive` gives the next bytes from the client, at most as many as it is told; empty at its end. `first` is
        the part of the body that has arrived; `arrival` reads the rest, and is None if that is all."""
        self._receive_bytes, self._arrival = receive, arrival
        self._there = first
        self.ahead = b""
        """What arrived after the request."""
        self.is_whole = self._arrival is None or self._arrival.is_whole

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, empty at the end. Raises what `receive` raises, and `Problem` for a malformed or
        incomplete body."""
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
        if arrival.problem is not None:  # In what came with the head.
            raise arrival.problem
        data = self._receive_bytes(READ)
        if not data:
            raise incomplete_body()
        piece = arrival.add(data)
        if arrival.problem is not None:
            raise arrival.problem
        self.is_whole = arrival.is_whole
        if arrival.rest:
            self.ahead = data[-arrival.rest :]
        return piece
