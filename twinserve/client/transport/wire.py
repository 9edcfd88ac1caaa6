"""Between our requests and HTTPX: its clients' options, its errors in our words, and a body that arrives."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx2

from twinserve.client.errors import ConnectionFailed, TimedOut, UnexpectedAnswer
from twinserve.client.messages import Request, Response
from twinserve.errors import AskedWrongly

MOST_OF_AN_ERROR: Final = 1 << 20
"""Bytes that are read of an answer which is no success: a problem document has 100 errors at most."""
UNSENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout)
FINAL: Final = (httpx2.ProxyError,)
WAITING: Final = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""No failures: what a timeout interrupts in the middle of a handshake."""


def options(**given: Any) -> dict[str, Any]:
    """The arguments of an HTTPX client; what is None is left out. No redirect is followed, so no credential is taken
    to another host."""
    return {"follow_redirects": False, **{name: value for name, value in given.items() if value is not None}}


def arguments(request: Request) -> dict[str, Any]:
    """The arguments of HTTPX's `build_request`."""
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "content": request.content or None,
        "timeout": request.timeout,
    }


class Arriving:
    """The body of a response, piece by piece; of one that is no success, or not `is_wanted`, the beginning."""

    def __init__(self, response: httpx2.Response, request: Request, *, is_wanted: bool = True) -> None:
        self._is_wanted = is_wanted and response.is_success
        self._response, self._request = response, request
        self._end = time.monotonic() + request.timeout
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> bool:
        """Take a piece; False if no more is wanted. Raises `TimedOut` where they come too slowly."""
        self._pieces.append(piece)
        self._size += len(piece)
        if time.monotonic() > self._end:
            raise TimedOut(f"{place(self._request.url)} took longer than {self._request.timeout:g} s to answer.")
        return self._is_wanted or self._size < MOST_OF_AN_ERROR

    def whole(self) -> Response:
        """The response."""
        return Response(
            self._response.status_code,
            lower_case(self._response.headers),
            b"".join(self._pieces),
            place(self._request.url),
        )


def is_wanted(response: httpx2.Response, request: Request) -> bool:
    """Does a response that has begun have what its request asks for?"""
    return Response(response.status_code, lower_case(response.headers), b"").is_good(request.headers["Accept"])


def lower_case(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}


def place(url: str) -> str:
    """A URL for a sentence: without its query."""
    return url.partition("?")[0]


@contextmanager
def in_our_words(url: str) -> Iterator[None]:
    """Raise HTTPX's errors as ours, with its error as the cause. None of their sentences shows a header or a body."""
    shown = place(url)
    try:
        yield
    except UNSENT as error:
        why, is_final = _why_unreached(error)
        raise ConnectionFailed(f"{shown} cannot be reached: {why}.", is_final=is_final) from error
    except httpx2.TimeoutException as error:
        raise TimedOut(f"{shown} did not answer in time ({type(error).__name__}).") from error
    except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
        sentence = f"The connection to {shown} broke before its answer was complete."
        raise ConnectionFailed(sentence, was_sent=True) from error
    except httpx2.DecodingError as error:
        raise UnexpectedAnswer(f"{shown} answered with a body that cannot be unpacked.") from error
    except FINAL as error:
        raise ConnectionFailed(f"{shown} cannot be reached through the proxy.", is_final=True) from error
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError) as error:
        raise AskedWrongly(f"{shown} cannot be asked: {type(error).__name__}.") from error


def _why_unreached(error: BaseException | None) -> tuple[str, bool]:
    """Why there is no connection, and whether the next attempt would be refused alike."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return "its certificate is not trusted", True
        if isinstance(error, ssl.SSLError) and not isinstance(error, WAITING):
            # Who restarts may hang up in the middle; what is no TLS stays none.
            return "the TLS handshake failed (is it http, not https?)", not isinstance(error, ssl.SSLEOFError)
        error = error.__cause__ or error.__context__
    return "nobody listens there, or its name is not known", False
