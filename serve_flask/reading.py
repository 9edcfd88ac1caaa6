"""`Body`: reads a request's body inside a host app, which may have read it before or may limit it."""

from __future__ import annotations

from functools import cached_property
from io import BytesIO
from typing import IO, cast

from flask import request
from werkzeug.exceptions import ClientDisconnected, HTTPException
from werkzeug.wsgi import LimitedStream

from twinserve.service.http.problem import incomplete_body
from twinserve.wsgi.input_stream import Guarded, InputStream, input_stream
from twinserve.wsgi.uwsgi_input import comes_in_chunks


class Body:
    """The body of the current request as a WSGI input stream. If a hook has read it, it comes from Flask's cache; the
    app's own limit on its length applies."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; all of the rest if it is negative. Raises `Problem` if the client has gone."""
        try:
            return self._stream.read(size)
        except ClientDisconnected:
            raise incomplete_body() from None

    @cached_property
    def _stream(self) -> InputStream:
        if comes_in_chunks(request.environ):  # Flask finds such a body empty.
            stream, most = input_stream(request.environ), request.max_content_length
            return stream if most is None else bounded(stream, most)
        return BytesIO(request.get_data()) if "stream" in vars(request) else Guarded(request.stream, (HTTPException,))


def bounded(stream: InputStream, most: int) -> InputStream:
    """The stream; it raises the app's own refusal (413) behind so many bytes."""
    return cast(InputStream, LimitedStream(cast(IO[bytes], stream), most, is_max=True))
