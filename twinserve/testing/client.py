"""`Client`: sends requests to the app under test."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from twinserve.service.service import Service
from twinserve.testing.answer import Answer, Send

REQUEST_ID: Final = "a-fixed-request-id"
JSON: Final[Mapping[str, str]] = {"Content-Type": "application/json"}


class Client:
    """Sends requests below a prefix, each with `REQUEST_ID` unless `headers` has another id."""

    def __init__(self, send: Send, prefix: str = "") -> None:
        self._send, self._prefix = send, prefix

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request to a path of the contract."""
        return self._send(method, self._prefix + path, body, {"X-Request-Id": REQUEST_ID, **(headers or {})})

    def predict(self, body: object, headers: Mapping[str, str] = JSON, *, path: str = "/predict") -> Answer:
        """`POST /predict` with these bytes, or with this value as JSON; by default as `application/json`."""
        return self.send("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)


Serve = Callable[[Service], Client]
"""Opens the door under test over a service, until the test ends."""
