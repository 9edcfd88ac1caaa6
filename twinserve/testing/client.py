"""`Client`: sends requests to the app under test."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from twinserve.service.service import Service
from twinserve.testing.answer import Answer, Send

REQUEST_ID: Final = "a-fixed-request-id"
ALWAYS: Final[Mapping[str, str]] = {"X-Request-Id": REQUEST_ID, "Accept-Encoding": "identity"}
JSON: Final[Mapping[str, str]] = {"Content-Type": "application/json"}


class Client:
    """Sends requests below a prefix. Unless `headers` says otherwise, each has `REQUEST_ID`, and takes no compressed
    answer, which some client libraries would ask for and unpack."""

    def __init__(self, send: Send, prefix: str = "") -> None:
        self._send, self._prefix = send, prefix

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request to a path of the contract."""
        return self._send(method, self._prefix + path, body, {**ALWAYS, **(headers or {})})

    def predict(self, body: object, headers: Mapping[str, str] = JSON, *, path: str = "/predict") -> Answer:
        """`POST /predict` with these bytes, or with this value as JSON; by default as `application/json`."""
        return self.send("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)


Serve = Callable[[Service], Client]
"""Opens the door under test over a service, until the test ends."""
