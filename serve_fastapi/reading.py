"""A request's body inside somebody's app, where others may have read it before or may limit it."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message


class Body:
    """The body of one request, as ASGI has it. What a dependency has read already, Starlette keeps for us."""

    def __init__(self, request: Request) -> None:
        self._chunks = request.stream()
        self.failure: Exception | None = None
        """What the app raised while it was read, such as a limit of its own."""

    async def receive(self) -> Message:
        """The next message: a piece of the body, its end, or that the client has gone."""
        try:
            return {"type": "http.request", "body": await anext(self._chunks), "more_body": True}
        except StopAsyncIteration:
            return {"type": "http.request", "body": b"", "more_body": False}
        except ClientDisconnect:
            return {"type": "http.disconnect"}
        except Exception as error:
            self.failure = error
            raise
