"""Exceptions by which the app asks our own server to call it a second time, and the body that raises one of them."""

from __future__ import annotations

from typing import Final, NoReturn


class BodyAwaited(BaseException):
    """Raised when the app, having accepted the head, reads a body that has not arrived. Not an `Exception`, so that no
    error handler catches it; the server calls the app again once the body has arrived."""


class StreamAwaited(BaseException):
    """Raised in an event loop for a request that is answered while it arrives. Not an `Exception` either; the server
    calls the app again in a thread, which may wait, with the body as `wsgi.input`."""


AWAITED: Final = (BodyAwaited, StreamAwaited)
"""All of them; the door puts the exchange into the environ before it lets one pass."""


class BodyPlaceholder:
    """The `wsgi.input` of a request whose body has not arrived."""

    def read(self, _size: int = -1) -> NoReturn:
        """Raise `BodyAwaited`."""
        raise BodyAwaited

    readline = readlines = __iter__ = read  # Every way to read a body in WSGI.
