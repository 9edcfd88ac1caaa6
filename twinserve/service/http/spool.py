"""`Spool`: what of an answer its client has not taken yet, a little in memory and the rest in a temporary file."""

from __future__ import annotations

import tempfile
from collections import deque
from typing import IO, Final

from twinserve.service.http.problem import unavailable

IN_MEMORY: Final = 256 * 1024
"""Bytes; more goes to the file."""
PIECE: Final = 64 * 1024


class Spool:
    """Bytes in the order in which they were added. Not thread-safe; close it, as it may hold a file."""

    def __init__(self, most: int) -> None:
        """`most`: bytes in memory and in the file before it is full."""
        self._most = most
        self._pieces: deque[bytes] = deque()
        self._in_memory = 0
        self._file: IO[bytes] | None = None
        self._begin = self._end = 0
        """Which bytes of the file have not been taken: what was added after those in memory."""

    def __len__(self) -> int:
        return self._in_memory + self._end - self._begin

    @property
    def is_full(self) -> bool:
        """Should nothing be added until enough is taken? A file keeps what is taken of it until all of it is: a client
        that reads half as fast as it sends would let it grow to any size."""
        return self._in_memory + self._end >= self._most

    def add(self, piece: bytes) -> None:
        """Add bytes at the end; raises `Problem` (503) if there is no room for them."""
        if self._begin == self._end and self._in_memory + len(piece) <= IN_MEMORY:
            self._pieces.append(piece)
            self._in_memory += len(piece)
            return
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="twinserve-", buffering=0)  # noqa: SIM115  # `close` does.
            self._file.seek(self._end)
            while piece:  # A full disk may take a part of it first.
                written = self._file.write(piece)
                self._end += written
                piece = piece[written:]
        except OSError:
            raise unavailable("There is no room for temporary files.") from None

    def take(self) -> bytes:
        """The first bytes, at most `PIECE` of a file at once; none if there are none."""
        if self._pieces:
            piece = self._pieces.popleft()
            self._in_memory -= len(piece)
            return piece
        if self._file is None or self._begin == self._end:
            return b""
        self._file.seek(self._begin)
        piece = self._file.read(min(PIECE, self._end - self._begin))
        self._begin += len(piece)
        if self._begin == self._end:
            self._file.truncate(0)
            self._begin = self._end = 0
        return piece

    def close(self) -> None:
        """Drop everything."""
        self._pieces.clear()
        self._in_memory = self._begin = self._end = 0
        if self._file is not None:
            self._file.close()
            self._file = None
