"""A process without room for connections waits a moment before it tries again, and says so once."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

import pytest
from structlog.testing import capture_logs

from twinserve.service.process.accept import PAUSE, PendingConnections


class Full:
    """A listener that gives some connections, and then an error."""

    def __init__(self, number: int, left: int = 0) -> None:
        self._number, self._left = number, left

    def accept(self) -> Any:
        """A connection, or the error."""
        if not self._left:
            raise OSError(self._number, os.strerror(self._number))
        self._left -= 1
        return socket.socket(), None


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS])
def test_without_room_the_listeners_are_left_alone_for_a_moment(number: int) -> None:
    pending: Any = PendingConnections(4)
    assert pending.pause == 0.0
    with capture_logs() as lines:
        assert [pending.accept(Full(number)) for _ in range(3)] == [[], [], []]
    assert 0.0 < pending.pause <= PAUSE
    (line,) = lines
    assert line["reason"].startswith(os.strerror(number))


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ECONNABORTED])
def test_where_nobody_is_pending_nothing_waits(number: int) -> None:
    pending: Any = PendingConnections(4)
    assert (pending.accept(Full(number)), pending.pause) == ([], 0.0)


def test_while_some_are_taken_nothing_waits() -> None:
    """Of a thousand pending clients most may have gone, and make room at once."""
    pending: Any = PendingConnections(4)
    ((taken, _),) = pending.accept(Full(errno.EMFILE, left=1))
    taken.close()
    assert pending.pause == 0.0
