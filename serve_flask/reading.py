"""`Body`: reads a request's body inside a host app, which may have read it before or may limit it."""

from __future__ import annotations

from functools import cached_property
from io import BytesIO
from typing import IO

from flask import request

from serve_flask.uwsgi_input import comes_in_chunks, input_stream


class Body:
    """The body of the current request as a WSGI input stream. If a hook has read it, it comes from Flask's cache; the
    app's own limit on its length applies."""

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; all of the rest if it is negative."""
        return self._stream.read(size)

    @cached_property
    def _stream(self) -> IO[bytes]:
        if comes_in_chunks(request.environ):  # Flask finds such a body empty.
            return input_stream(request.environ, request.max_content_length)
        return BytesIO(request.get_data()) if "stream" in vars(request) else request.stream
