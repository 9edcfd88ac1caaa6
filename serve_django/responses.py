"""Django's responses with the headers and bytes of a reply."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterable, Iterator
from http import HTTPStatus

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from twinserve.service.http.reply import Header


class Complete(HttpResponseBase):  # type: ignore[misc]  # Django ships no types.
    """A response whose headers are complete. Django keeps one header of a name, so the values of two are joined; they
    are sent apart again, as at the other doors, unless a middleware has added to them."""

    def complete(self, headers: Iterable[Header]) -> None:
        """Set all headers."""
        self._apart: dict[str, list[str]] = {}
        del self.headers["Content-Type"]  # Django's default.
        for name, value in headers:
            parts = self._apart.setdefault(name.lower(), [])
            parts.append(value)
            self.headers[name] = ", ".join(parts)

    def items(self) -> Iterator[Header]:
        """The headers as they are sent."""
        for name, value in super().items():
            parts = self._apart.get(name.lower(), [])
            for part in parts if value == ", ".join(parts) else [value]:
                yield name, part


class Rendered(Complete, HttpResponse):  # type: ignore[misc]  # As above.
    """A response that is complete."""

    def __init__(self, body: bytes, status: HTTPStatus, headers: Iterable[Header]) -> None:
        super().__init__(body, status=status)
        self.complete(headers)


class Streamed(Complete, StreamingHttpResponse):  # type: ignore[misc]  # As above.
    """A response that is sent while it is made."""

    def __init__(
        self, pieces: Generator[bytes], status: HTTPStatus, headers: Iterable[Header], request: HttpRequest
    ) -> None:
        super().__init__(pieces if "wsgi.input" in request.META else in_thread(pieces), status=status)
        self.complete(headers)


async def in_thread(pieces: Generator[bytes]) -> AsyncIterator[bytes]:
    """The pieces of an answer, made beside the event loop, in the one thread that Django has for the request."""

    def take() -> bytes | None:
        return next(pieces, None)

    try:
        while (piece := await sync_to_async(take)()) is not None:
            yield piece
    finally:
        await sync_to_async(pieces.close)()
