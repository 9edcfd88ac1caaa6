"""The body of a request as a stream that ends where the body does: `wsgi.input` itself need not (PEP 3333)."""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Final, Protocol

from twinserve.service.http.problem import bad_request, incomplete_body
from twinserve.wsgi.uwsgi_input import Chunks, comes_in_chunks

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PIECE: Final = 64 * 1024
ERRORS: Final = "gunicorn.http.errors"
"""Where gunicorn has the exceptions for malformed chunks, which are no `OSError`; this room imports no server."""


class InputStream(Protocol):
    """What a body is read from."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty at the end."""


def input_stream(environ: WSGIEnvironment) -> InputStream:
    """The body. It is empty where its end is not known: without a length, unless the server itself ends it."""
    if comes_in_chunks(environ):
        return Chunks(import_module("uwsgi"))
    if "wsgi.input_terminated" in environ:
        return Ended(environ["wsgi.input"])
    length = content_length(environ)
    return BytesIO() if length is None else Bounded(environ["wsgi.input"], length)


def content_length(environ: WSGIEnvironment) -> int | None:
    """The length of the body in bytes, 0 if what was sent is no number; None for a body that comes in chunks."""
    given = environ.get("CONTENT_LENGTH")
    if given is None or "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    given = given.strip()
    return int(given) if given.isascii() and given.isdigit() else 0


class Ended:
    """A stream that ends where the body does."""

    def __init__(self, stream: InputStream) -> None:
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all of the rest if it is negative; raises `Problem` if the client has gone before, or
        its chunks are malformed."""
        try:
            return self._stream.read(size)
        except TimeoutError:
            raise
        except (OSError, ValueError):
            raise incomplete_body() from None
        except Exception as error:
            if type(error).__module__ != ERRORS:
                raise
            raise bad_request("The chunks of the body are malformed.") from None


class Bounded:
    """The first bytes of a stream, as many as the request has."""

    def __init__(self, stream: InputStream, length: int) -> None:
        self._stream, self._left = stream, length

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all of the rest if it is negative; raises `Problem` if the client has gone before."""
        if size < 0:
            return b"".join(iter(lambda: self.read(PIECE), b""))
        if not (size := min(size, self._left)):
            return b""
        try:
            piece = self._stream.read(size)
        except TimeoutError:
            raise
        except (OSError, ValueError):
            piece = b""
        if not piece:
            raise incomplete_body()
        self._left -= len(piece)
        return piece
