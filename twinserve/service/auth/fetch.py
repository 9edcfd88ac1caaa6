"""JSON from an issuer that is not ours: over TLS or loopback only, within limits, following nothing."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from twinserve.service.settings import is_safe

DISCOVERY: Final = "/.well-known/openid-configuration"
SECONDS: Final = 5.0
"""For the whole answer, however it trickles."""
MOST_BYTES: Final = 256 * 1024


class NotFetched(Exception):
    """There is no answer that may be used; the text says why, without the answer."""


def get_json(url: str) -> dict[str, Any]:
    """The object at a URL; raises `NotFetched`. No proxy, no redirect, no other scheme: `http.client` knows none."""
    if not is_safe(url):
        raise NotFetched("its address is neither https nor on this machine")
    try:
        value = json.loads(_get(url))
    except (OSError, http.client.HTTPException) as error:
        raise NotFetched(type(error).__name__) from None
    except (ValueError, RecursionError):
        raise NotFetched("its answer is not JSON") from None
    if not isinstance(value, dict):
        raise NotFetched("its answer is no object")
    return value


def _get(url: str) -> bytes:
    parts = urlsplit(url)
    connection = _connection(parts.scheme, parts.hostname or "", parts.port)
    connection.connect()
    stop = threading.Timer(SECONDS, _cut, [connection.sock])
    stop.daemon = True
    stop.start()
    try:
        connection.request("GET", parts.path or "/", headers={"Accept": "application/json"})
        with connection.getresponse() as response:
            content = response.read(MOST_BYTES + 1)
            if response.status != http.HTTPStatus.OK:
                raise NotFetched(f"it answered {response.status}")
            if len(content) > MOST_BYTES:
                raise NotFetched("its answer is too long")
            return content
    finally:
        stop.cancel()
        connection.close()


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=SECONDS, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=SECONDS)


def _cut(connection: socket.socket) -> None:
    """End whatever waits for this connection: its own timeout would begin anew with each byte."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
