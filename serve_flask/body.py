"""Additions to WSGI by which our own server tells the app whether the body has arrived, and keeps state in between."""

from __future__ import annotations

from typing import Final, NoReturn

from twinserve.service.limits.concurrency import Places

BODY: Final = "twinserve.body"
"""Key of the environ: the whole body as bytes, or `Awaited`; absent under any other server."""
EXCHANGE: Final = "twinserve.exchange"
"""Key of the environ: the exchange of this request, once it has begun."""
VERSION: Final = "twinserve.version"
"""The version of the model that can answer this request inline, where the server has asked; absent else."""
CAN_STREAM: Final = "twinserve.can_stream"
"""False where the app is asked in an event loop, or writes into memory; absent under any other server."""
PLACE: Final = "twinserve.place"
"""Key of the environ: a `KeptPlace`, if the body arrives after the head; else absent."""


class BodyAwaited(BaseException):
    """Raised when an app reads a body that has not arrived, so its head was not refused. Not an `Exception`, so that no
    error handler catches it; the server calls the app again once the body has arrived."""


class StreamAwaited(BaseException):
    """Raised in an event loop by a request that is answered while it arrives; the server asks the app again in a
    thread, which may wait, with the body as `wsgi.input`."""


class KeptPlace:
    """A place among the requests in flight that outlasts `BodyAwaited`: from the head of a request to its reply."""

    def __init__(self) -> None:
        self._places: Places | None = None
        """The limit of which a place is held; None if none is held."""

    @property
    def is_held(self) -> bool:
        """Is a place held?"""
        return self._places is not None

    def among(self, places: Places) -> KeptPlace:
        """Take one of these places unless one is held already; raises `Problem` (503) if none is free."""
        if self._places is None:
            places.__enter__()
            self._places = places
        return self

    def __enter__(self) -> None:
        """Do nothing: `among` has taken the place."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not BodyAwaited:
            self.leave()

    def leave(self) -> None:
        """Release the place, if one is held."""
        if self._places is not None:
            places, self._places = self._places, None
            places.__exit__()


class Awaited:
    """Stands for a body that has not arrived."""

    def read(self, _size: int = -1) -> NoReturn:
        """Raise `BodyAwaited`."""
        raise BodyAwaited

    readline = readlines = __iter__ = read  # Every way to read a body in WSGI.
