"""What waits for a client that does not read: in order, bounded, a little of it in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from twinserve.service.http.spool import IN_MEMORY, PIECE, Spool


@pytest.fixture
def spool() -> Iterator[Spool]:
    """It is full with four times of what fits into memory."""
    made = Spool(4 * IN_MEMORY)
    yield made
    made.close()


def size_of_file(spool: Spool) -> int:
    """Bytes that the file takes."""
    return 0 if spool._file is None else os.fstat(spool._file.fileno()).st_size


def test_bytes_come_in_their_order(spool: Spool) -> None:
    pieces = [bytes([number]) * (PIECE - number) for number in range(12)]
    for piece in pieces:
        spool.add(piece)
    assert len(spool) == sum(map(len, pieces))
    assert b"".join(iter(spool.take, b"")) == b"".join(pieces)
    assert len(spool) == size_of_file(spool) == 0


def test_its_file_is_bounded_however_slowly_it_is_read(spool: Spool) -> None:
    """A client that takes half of what is added, and all of it only once nothing more is added."""
    largest = 0
    for _ in range(5):
        while not spool.is_full:
            spool.add(b"x" * PIECE)
            spool.add(b"x" * PIECE)
            spool.take()
            largest = max(largest, size_of_file(spool))
        while spool.is_full:
            assert spool.take()
    assert IN_MEMORY < largest <= 4 * IN_MEMORY + 2 * PIECE


def test_a_spool_that_is_read_is_not_full(spool: Spool) -> None:
    while not spool.is_full:
        spool.add(b"x" * PIECE)
    while spool.take():
        pass
    assert not spool.is_full
