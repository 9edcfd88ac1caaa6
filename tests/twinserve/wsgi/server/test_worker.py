"""How a worker accepts connections, and stops accepting them."""

from __future__ import annotations

import selectors
import socket
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

from gunicorn.config import Config

from twinserve.service.http.buffer import Room
from twinserve.service.process.accept import PendingConnections
from twinserve.testing.fakes import settings_of
from twinserve.wsgi.server.waiting import MOST
from twinserve.wsgi.server.worker import DoorWorker

COME = 3 * MOST


def worker_of(listener: socket.socket) -> Any:
    """A worker with a listener, without gunicorn's arbiter."""
    worker: Any = DoorWorker.__new__(DoorWorker)
    worker.alive, worker._accepting, worker.sockets, worker.cfg = True, True, [listener], Config()
    worker.service = SimpleNamespace(settings=settings_of(), room=Room(1_000_000))
    worker.pending, worker.next_accept = PendingConnections(MOST), 0.0
    worker.nr_conns, worker.waiting, worker.poller = 0, set(), selectors.DefaultSelector()
    listener.settimeout(0)
    worker.poller.register(listener, selectors.EVENT_READ, worker.accept)
    return worker


def test_who_has_come_when_a_worker_stops_is_taken() -> None:
    """A stopping worker accepts pending connections, which closing the listener would reset."""
    with ExitStack() as open_sockets:
        listener = open_sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=COME))
        worker = worker_of(listener)
        for _ in range(COME):
            open_sockets.enter_context(socket.create_connection(listener.getsockname()))
        worker.alive = False
        worker.set_accept_enabled(False)
        worker.set_accept_enabled(False)
        assert (worker.nr_conns, len(worker.waiting), listener.fileno()) == (COME, COME, -1)
        for connection in list(worker.waiting):
            worker.close_connection(connection)
        worker.poller.close()


def test_few_pending_connections_are_shared_and_many_do_not_wait() -> None:
    """A worker accepts one connection, then twice as many each time that more are pending, and one again when all are
    taken."""
    with ExitStack() as open_sockets:
        listener = open_sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=10))
        worker = worker_of(listener)
        for _ in range(10):
            open_sockets.enter_context(socket.create_connection(listener.getsockname()))
        taken = []
        for _ in range(5):
            before = worker.nr_conns
            worker.accept(listener)
            taken.append(worker.nr_conns - before)
        assert (taken, worker.pending.number) == ([1, 2, 4, 3, 0], 1)
        for connection in list(worker.waiting):
            worker.close_connection(connection)
        worker.poller.close()
