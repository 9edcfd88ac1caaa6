"""How many bytes of bodies one process holds, of all requests together."""

from __future__ import annotations

import threading

from twinserve.service.http.problem import unavailable


class Room:
    """How many bytes of requests that have not been answered one worker holds, of all connections together."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._lock = threading.Lock()

    def take(self, size: int) -> None:
        """Hold so many more, or fewer; raises `Problem` (503) where there is no room for more."""
        with self._lock:
            if size > self._free and size > 0:
                raise unavailable("The service holds as many bytes of requests as it may.")
            self._free -= size


class Held:
    """What one connection or request holds of that room."""

    __slots__ = ("_room", "size")

    def __init__(self, room: Room) -> None:
        self._room, self.size = room, 0

    def set(self, size: int) -> None:
        """Hold so many bytes; raises `Problem` (503) where there is no room, and then holds what it did."""
        if size != self.size:
            self._room.take(size - self.size)
            self.size = size
