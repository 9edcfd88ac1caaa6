"""One call: credentials, attempts, pauses. Its steps end with a response that is worth reading."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from twinserve.client.errors import ConnectionFailed
from twinserve.client.messages import Open, Request, Response, Send, Steps, Wait
from twinserve.client.retrying import NEVER, Outcome, Retries
from twinserve.client.scoring import Upload
from twinserve.client.token import Credentials
from twinserve.errors import AskedWrongly
from twinserve.own_version import __version__

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
AGENT: Final = f"twinserve-client/{__version__}"
Clock = Callable[[], float]


class Caller:
    """Makes the steps of calls with the same credentials, timeout and retries."""

    def __init__(
        self,
        base: str,
        credentials: Credentials,
        timeout: float = 30.0,
        retries: Retries = NEVER,
        clock: Clock = time.monotonic,
    ) -> None:
        if not timeout > 0:
            raise AskedWrongly("timeout is more than 0 seconds.")
        self._base, self._credentials, self._clock = base, credentials, clock
        self._timeout, self._retries = timeout, retries
        self._total = max(retries.total, timeout)

    def call(
        self,
        method: str,
        url: str,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        request_id: str | None = None,
        once: bool = False,
    ) -> Steps[Response]:
        """Ask until there is a response that another attempt would not better, whatever its status is.

        `once`: do not ask again. Raises `ConnectionFailed` and `TimedOut` where there is none, and `TokenRefused`."""
        sent = {"User-Agent": AGENT, "X-Request-Id": request_id or new_id(), **(headers or {})}
        request = Request(method, url, sent, content)
        end = self._clock() + self._total
        credentials = yield from self._credentials.headers(self._plainly, self._base, self._clock)
        response = yield from self._attempts(replace(request, headers={**sent, **credentials}), end, once=once)
        if response.status == HTTPStatus.UNAUTHORIZED and self._credentials.forget(credentials):
            credentials = yield from self._credentials.headers(self._plainly, self._base, self._clock)
            response = yield from self._attempts(replace(request, headers={**sent, **credentials}), end, once=once)
        return response

    def open(self, url: str, upload: Upload, request_id: str) -> Steps[Any]:
        """An open response to a body of pieces, of status 200 and the form that is asked for, or any other `Response`.

        It is asked again only where the body can be read once more. The attempts share no total: a long body takes
        the time that it takes, and `timeout` holds for each of its pieces."""
        sent = {"User-Agent": AGENT, "X-Request-Id": request_id, **upload.headers}
        retries, number, is_renewed = self._retries if upload.is_repeatable else NEVER, 0, False
        while True:
            credentials = yield from self._credentials.headers(self._plainly, self._base, self._clock)
            request = Request("POST", url, {**sent, **credentials}, timeout=self._timeout)
            number += 1
            outcome = yield from _outcome(Open(request, upload.pieces))
            if not isinstance(outcome, (Response, ConnectionFailed)):
                return outcome
            pause = retries.pause(number, outcome, self._total)
            is_refused = isinstance(outcome, Response) and outcome.status == HTTPStatus.UNAUTHORIZED
            if is_refused and upload.is_repeatable and not is_renewed and self._credentials.forget(credentials):
                is_renewed = True
            elif pause is None:
                return _final(outcome)
            else:
                yield Wait(pause)

    def _plainly(self, method: str, url: str, content: bytes, headers: Mapping[str, str]) -> Steps[Response]:
        """A request without the service's credentials, for a token."""
        request = Request(method, url, {"User-Agent": AGENT, **headers}, content)
        return (yield from self._attempts(request, self._clock() + self._total))

    def _attempts(self, request: Request, end: float, *, once: bool = False) -> Steps[Response]:
        number = 0
        while True:
            number += 1
            left = max(end - self._clock(), 0.001)
            outcome = yield from _outcome(Send(replace(request, timeout=min(self._timeout, left))))
            pause = None if once else self._retries.pause(number, outcome, end - self._clock())
            if pause is None:
                return _final(outcome)
            yield Wait(pause)


def _outcome(action: Send | Open) -> Steps[Any]:
    """What an attempt gives; a connection that failed is an outcome as well."""
    try:
        return (yield action)
    except ConnectionFailed as error:
        return error


def _final(outcome: Outcome) -> Response:
    if isinstance(outcome, ConnectionFailed):
        raise outcome
    return outcome


def new_id() -> str:
    """An id for a request."""
    return uuid.uuid4().hex


def checked_id(request_id: object) -> str:
    """The caller's id for a request, or a new one; raises `AskedWrongly` for what the service would not take."""
    if request_id is None:
        return new_id()
    if not isinstance(request_id, str) or not REQUEST_ID.fullmatch(request_id):
        raise AskedWrongly("request_id has 1 to 64 of the letters A-Z a-z 0-9 . _ -")
    return request_id
