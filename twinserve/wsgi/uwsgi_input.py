"""A body without a length under uWSGI: `wsgi.input` is empty there, and an interface of uWSGI has the chunks."""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, cast

from twinserve.service.http.problem import incomplete_body

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

OPTION: Final = "http-chunked-input"
"""Without this option uWSGI sends no chunks, and asking for one waits for seconds."""
PIECE: Final = 64 * 1024


def comes_in_chunks(environ: WSGIEnvironment) -> bool:
    """Does only the interface of uWSGI have this body?"""
    if "uwsgi.version" not in environ or "CONTENT_LENGTH" in environ or environ.get("wsgi.input_terminated"):
        return False
    return "HTTP_TRANSFER_ENCODING" in environ and OPTION in import_module("uwsgi").opt


class Chunks:
    """The chunks of the current request as a WSGI input stream."""

    def __init__(self, uwsgi: Any) -> None:
        """`uwsgi`: the module that exists inside that server only."""
        self._uwsgi = uwsgi
        self._chunk = BytesIO()
        self._is_over = False

    def read(self, size: int = -1, /) -> bytes:
        """What has arrived, up to `size` bytes; all of the rest if it is negative."""
        if size < 0:
            return b"".join(iter(lambda: self.read(PIECE), b""))
        piece = self._chunk.read(size)
        if not piece and size and not self._is_over:
            chunk = self._next()
            self._is_over, self._chunk = not chunk, BytesIO(chunk)
            piece = self._chunk.read(size)
        return piece

    def _next(self) -> bytes:
        try:
            return cast(bytes, self._uwsgi.chunked_read())
        except OSError:  # The client has gone or is too slow, or a chunk is larger than `--chunked-input-limit`.
            raise incomplete_body() from None
