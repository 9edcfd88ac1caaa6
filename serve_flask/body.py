"""How a server that can do more than WSGI tells the app of a body: it is there, whole, or it is still to come."""

from __future__ import annotations

from typing import Any, Final, NoReturn

BODY: Final = "twinserve.body"
"""The whole body as bytes, or `Awaited`; absent under any other server."""
EXCHANGE: Final = "twinserve.exchange"
"""The exchange of this request, once it has begun."""


class BodyAwaited(BaseException):
    """Raised where an app wants a body that is still to come: the request was not refused by its head. No error, so no
    handler of errors may see it; the server asks the app again when the body is there."""


class Awaited:
    """Stands for a body that is still to come."""

    def read(self, _size: int = -1) -> NoReturn:
        """Raises `BodyAwaited`."""
        raise BodyAwaited

    readline = readlines = __iter__ = read  # Every way to read a body in WSGI.


def require_body(environ: Any) -> bytes | None:
    """The body that the server has, none if it is to be read as WSGI has it; raises `BodyAwaited`."""
    body = environ.get(BODY)
    if isinstance(body, Awaited):
        body.read()
    found: bytes | None = body
    return found
