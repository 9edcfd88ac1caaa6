"""Fetches JSON from an outside issuer: over TLS or loopback only, with limits on time and size, without redirects."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from twinserve.service.addresses import is_safe

DISCOVERY: Final = "/.well-known/openid-configuration"
SECONDS: Final = 5.0
"""For the whole answer, even if it arrives slowly."""
MOST_BYTES: Final = 256 * 1024


class NotFetched(Exception):
    """The answer is missing or invalid; the text says why and contains nothing of the answer."""


def get_json(url: str) -> dict[str, Any]:
    """Fetch a JSON object; raises `NotFetched`. `http.client` follows no redirect and uses no proxy or other scheme."""
    if not is_safe(url):
        raise NotFetched("an address that it names is neither https nor on this machine, or holds a user or a fragment")
    try:
        value = json.loads(_get(url))
    except (OSError, http.client.HTTPException) as error:
        raise NotFetched(type(error).__name__) from None
    except (ValueError, RecursionError):
        raise NotFetched("its answer is not JSON") from None
    if not isinstance(value, dict):
        raise NotFetched("its answer is not a JSON object")
    return value


def _get(url: str) -> bytes:
    parts = urlsplit(url)
    connection = _connection(parts.scheme, parts.hostname or "", parts.port)
    connection.connect()
    stop = threading.Timer(SECONDS, _cut, [connection.sock])
    stop.daemon = True
    stop.start()
    try:
        query = f"?{parts.query}" if parts.query else ""  # As Entra and Azure AD B2C have it, after `jwks_uri`.
        connection.request("GET", f"{parts.path or '/'}{query}", headers={"Accept": "application/json"})
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
    """Shut the connection down, so that a pending read ends: a socket's own timeout starts again with each byte."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
