"""A limit on the bytes that all requests of one process hold together."""

from __future__ import annotations

import threading

from twinserve.service.http.problem import unavailable


class Room:
    """The memory of one worker for requests that are not answered yet, over all connections; thread-safe."""

    def __init__(self, size: int) -> None:
        """`size` in bytes."""
        self._free = size
        self._lock = threading.Lock()

    def take(self, size: int) -> None:
        """Reserve `size` bytes, or release them if it is negative; raises `Problem` (503) if not enough are free."""
        with self._lock:
            if size > self._free and size > 0:
                raise unavailable("The memory for request bodies is full.")
            self._free -= size


class Held:
    """The bytes that one connection or request has reserved of a `Room`."""

    __slots__ = ("_room", "size")

    def __init__(self, room: Room) -> None:
        self._room, self.size = room, 0

    def set(self, size: int) -> None:
        """Reserve `size` bytes in all; raises `Problem` (503), and keeps the old size, if not enough are free."""
        if size != self.size:
            self._room.take(size - self.size)
            self.size = size
