"""The body of a request as a stream that ends where the body does: `wsgi.input` itself need not (PEP 3333)."""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Final, Protocol

from twinserve.service.http.problem import Problem, incomplete_body
from twinserve.wsgi.environ_keys import INPUT
from twinserve.wsgi.uwsgi_input import Chunks, comes_in_chunks

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PIECE: Final = 64 * 1024


class InputStream(Protocol):
    """What a body is read from."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty at the end."""


def input_stream(environ: WSGIEnvironment) -> InputStream:
    """The body. It is empty where its end is not known: without a length, unless the server itself ends it."""
    if INPUT in environ:
        stream: InputStream = environ[INPUT]
        return stream
    if comes_in_chunks(environ):
        return Chunks(import_module("uwsgi"))
    if "wsgi.input_terminated" in environ:
        return Guarded(environ["wsgi.input"])
    length = content_length(environ)
    return BytesIO() if length is None else Bounded(environ["wsgi.input"], length)


def content_length(environ: WSGIEnvironment) -> int | None:
    """The length of the body in bytes, 0 if what was sent is no number; None for a body that comes in chunks."""
    given = environ.get("CONTENT_LENGTH")
    if given is None or "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    given = given.strip()
    return int(given) if given.isascii() and given.isdigit() else 0


class Guarded:
    """A stream of the server. Whatever it raises, but for time, says that the body cannot arrive: for a chunk that is
    cut off or malformed gunicorn has exceptions of its own."""

    def __init__(self, stream: InputStream, passes: tuple[type[Exception], ...] = ()) -> None:
        """`passes`: exceptions that the stream raises for another reason."""
        self._stream = stream
        self._passes: tuple[type[Exception], ...] = (TimeoutError, MemoryError, Problem, *passes)

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all of the rest if it is negative; raises `Problem` if the body cannot arrive."""
        try:
            return self._stream.read(size)
        except self._passes:
            raise
        except Exception:
            raise incomplete_body() from None


class Bounded:
    """The first bytes of a stream, as many as the request has."""

    def __init__(self, stream: InputStream, length: int) -> None:
        self._stream, self._left = Guarded(stream), length

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all of the rest if it is negative; raises `Problem` if the client has gone before."""
        if size < 0:
            return b"".join(iter(lambda: self.read(PIECE), b""))
        if not (size := min(size, self._left)):
            return b""
        piece = self._stream.read(size)
        if not piece:
            raise incomplete_body()
        self._left -= len(piece)
        return piece
