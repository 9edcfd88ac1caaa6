"""What an app under our worker may expect of WSGI (PEP 3333): its iterable is closed, its input has every method."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from twinserve.service.http.arrival import Arrival
from twinserve.wsgi.environ_keys import EXCHANGE
from twinserve.wsgi.second_call import AWAITED
from twinserve.wsgi.server.streaming import BodyReader
from twinserve.wsgi.server.wsgi import adapt, until_cut
from twinserve.wsgi.streaming import CutOff


class Pieces:
    """An iterable with a `close`, which is no iterator, as Django's responses are."""

    def __init__(self, error: type[Exception] | None = None) -> None:
        self._error = error
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield b"one"
        if self._error is not None:
            raise self._error
        yield b"two"

    def close(self) -> None:
        """Count."""
        self.closed += 1


@pytest.mark.parametrize(
    ("error", "read", "is_cut"),
    [
        (None, list, False),
        (CutOff, list, True),
        (None, lambda pieces: (next(pieces), pieces.close()), False),
    ],
    ids=["to its end", "cut off", "left by the client"],
)
def test_what_the_app_gives_is_closed_once(
    error: type[Exception] | None, read: Callable[[Any], object], is_cut: bool
) -> None:
    pieces, client = Pieces(error), SimpleNamespace(is_cut=False)
    read(until_cut(client, pieces))  # type: ignore[arg-type]  # As much of a socket as it needs.
    assert (pieces.closed, client.is_cut) == (1, is_cut)


@pytest.mark.parametrize("awaited", AWAITED)
def test_an_exchange_leaves_the_environ_with_the_call(awaited: type[BaseException]) -> None:
    """Left in it, the two would know each other; the connection keeps it for the second call."""
    client = SimpleNamespace(reader=None, body=b"", version=None, exchange=None, must_close=False)
    exchange, environ = object(), {"gunicorn.socket": client}

    def app(given: dict[str, Any], _start: Callable[..., Any]) -> list[bytes]:
        given[EXCHANGE] = exchange
        raise awaited

    with pytest.raises(awaited):
        adapt(app)(environ, list)
    assert client.exchange is exchange
    assert EXCHANGE not in environ


def test_a_body_that_arrives_has_every_way_of_being_read() -> None:
    """`read`, `readline`, `readlines` and iteration."""
    arrival = Arrival(10_000)
    first = arrival.add(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\na\nb")
    rest = iter((b"c\n", b"d\nef", b"\nx"))
    body = BodyReader(lambda _: next(rest), arrival, first)
    assert (body.readline(), body.read(2), body.readline(), body.readlines()) == (
        b"a\n",
        b"b",
        b"c\n",
        [b"d\n", b"ef\n", b"x"],
    )
