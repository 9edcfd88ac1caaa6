"""How a server that can do more than WSGI tells the app of a body: it is there, whole, or it is still to come."""

from __future__ import annotations

from typing import Final, NoReturn

from twinserve.service.limits.concurrency import Places

BODY: Final = "twinserve.body"
"""The whole body as bytes, or `Awaited`; absent under any other server."""
EXCHANGE: Final = "twinserve.exchange"
"""The exchange of this request, once it has begun."""
VERSION: Final = "twinserve.version"
"""The version of the model that can answer this request inline, where the server has asked; absent else."""
IN_LOOP: Final = "twinserve.in_loop"
"""True where the app is asked in an event loop, in which nothing may wait; absent under any other server."""
PLACE: Final = "twinserve.place"
"""A `KeptPlace`, where the body comes after the head; absent else."""


class BodyAwaited(BaseException):
    """Raised where an app wants a body that is still to come: the request was not refused by its head. No error, so no
    handler of errors may see it; the server asks the app again when the body is there."""


class StreamAwaited(BaseException):
    """Raised in an event loop by a request that is answered while it arrives; the server asks the app again in a
    thread, which may wait, with the body as `wsgi.input`."""


class KeptPlace:
    """A place among the requests in flight that outlasts `BodyAwaited`: whoever has it while the body comes has it when
    the answer is made."""

    def __init__(self) -> None:
        self._places: Places | None = None
        """Among which one is held."""

    @property
    def is_held(self) -> bool:
        """Is a place held?"""
        return self._places is not None

    def among(self, places: Places) -> KeptPlace:
        """Have one of these, if none is held; raises `Problem` (503) where none is free."""
        if self._places is None:
            places.__enter__()
            self._places = places
        return self

    def __enter__(self) -> None:
        """Taken already."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not BodyAwaited:
            self.leave()

    def leave(self) -> None:
        """Give it back, if one is held."""
        if self._places is not None:
            places, self._places = self._places, None
            places.__exit__()


class Awaited:
    """Stands for a body that is still to come."""

    def read(self, _size: int = -1) -> NoReturn:
        """Raises `BodyAwaited`."""
        raise BodyAwaited

    readline = readlines = __iter__ = read  # Every way to read a body in WSGI.
