"""`Body`: reads a request's body inside a project, whose middleware may have read it before."""

from __future__ import annotations

from functools import cached_property

from django.http import HttpRequest, UnreadablePostError

from twinserve.wsgi.input_stream import Bounded, InputStream, content_length, input_stream


class Body:
    """The body of one request as a WSGI input stream. If a middleware has read it, it comes from Django's cache."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; all of the rest if it is negative. Raises `Problem` if the client has gone."""
        return self._stream.read(size)

    @cached_property
    def _stream(self) -> InputStream:
        environ = self._request.META
        if "wsgi.input" not in environ:  # Under ASGI Django has received the body before.
            return Unwrapped(self._request)
        length = content_length(environ)
        if length is None:  # Django finds such a body empty.
            return input_stream(environ)
        return Bounded(Unwrapped(self._request), length)


class Unwrapped:
    """A request as a stream that raises what the server raised."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes."""
        try:
            piece: bytes = self._request.read(size)
        except UnreadablePostError as error:
            raise error.__cause__ or error from None
        return piece
