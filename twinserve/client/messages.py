"""What the steps of a call ask for, and what they get: requests, responses, and the actions of a `Steps` generator.

The steps do no input or output. Each `yield` hands out an action, and the client that runs them sends its result back,
or throws the error that it met: the same steps serve a client that blocks and one that awaits.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """One attempt to ask."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes = b""
    timeout: float = 30.0
    """Seconds that connecting, or a pause while sending or reading, may take; and all of it together."""


@dataclass(frozen=True)
class Response:
    """A response that has arrived completely."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes
    url: str = ""

    @property
    def media_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def is_good(self, form: str) -> bool:
        """Is it 200, with a body of this media type?"""
        return self.status == HTTPStatus.OK and self.media_type == form


@dataclass(frozen=True)
class Send:
    """Send a request; gives a `Response`, or raises `ConnectionFailed`, `TimedOut` or `UnexpectedAnswer`."""

    request: Request


@dataclass(frozen=True)
class Open:
    """Send a request with a body of pieces; gives the open response of HTTPX where it is 200 with what `Accept`
    asks for, else a `Response`."""

    request: Request
    pieces: Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class Wait:
    """Wait for some seconds."""

    seconds: float


@dataclass(frozen=True)
class Together:
    """Run several steps, a few at a time; the result is the list of theirs. The first error ends all of them."""

    steps: Iterable[Steps[Any]]
    at_once: int


@dataclass(frozen=True)
class Alone:
    """Run steps while no other caller of this client runs any of the same name; the result is theirs."""

    name: Literal["token", "schema"]
    steps: Steps[Any]


Action = Send | Open | Wait | Together | Alone
Steps = Generator[Action, Any, T]
