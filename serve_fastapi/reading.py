"""`Body`: reads a request's body inside a host app, which may have read it before or may limit it."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from twinserve.service.http.problem import Problem


class Body:
    """The body of one request as ASGI messages. If a dependency has read it, it comes from Starlette's cache."""

    def __init__(self, request: Request) -> None:
        self._chunks = request.stream()
        self.failure: Exception | None = None
        """The exception that the app raised while the body was read, for example at a limit of its own."""

    async def receive(self) -> Message:
        """The next message: a piece of the body, its end, or the client's disconnect."""
        try:
            return {"type": "http.request", "body": await anext(self._chunks), "more_body": True}
        except StopAsyncIteration:
            return {"type": "http.request", "body": b"", "more_body": False}
        except ClientDisconnect:
            return {"type": "http.disconnect"}
        except Problem:
            raise  # The server's own refusal of what arrives.
        except Exception as error:
            self.failure = error
            raise
