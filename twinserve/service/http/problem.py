"""`Problem`: every refusal as problem details (RFC 9457), from one table. None contains a submitted value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from twinserve.service.http.reply import Header, Reply
from twinserve.signature.request.diagnosis import InvalidInput

PROBLEM_JSON: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:twinserve:problem:"

# The kind of a problem, its status and its title.
KINDS: Final[Mapping[str, tuple[HTTPStatus, str]]] = {
    "malformed-json": (HTTPStatus.BAD_REQUEST, "The body is not JSON"),
    "malformed-table": (HTTPStatus.BAD_REQUEST, "The body is no table of its form"),
    "incomplete-body": (HTTPStatus.BAD_REQUEST, "The body ended early"),
    "bad-request": (HTTPStatus.BAD_REQUEST, "The request is malformed"),
    "invalid-parameter": (HTTPStatus.BAD_REQUEST, "A query parameter is invalid"),
    "unauthorized": (HTTPStatus.UNAUTHORIZED, "Authentication is required"),
    "forbidden": (HTTPStatus.FORBIDDEN, "This caller lacks the required scope"),
    "not-found": (HTTPStatus.NOT_FOUND, "No such path"),
    "method-not-allowed": (HTTPStatus.METHOD_NOT_ALLOWED, "Method not allowed on this path"),
    "request-timeout": (HTTPStatus.REQUEST_TIMEOUT, "The request took too long to arrive"),
    "too-large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large"),
    "unsupported-media-type": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body has another form or encoding"),
    "invalid-input": (HTTPStatus.UNPROCESSABLE_ENTITY, "The input does not fit the model"),
    "too-many-requests": (HTTPStatus.TOO_MANY_REQUESTS, "Too many requests"),
    "head-too-large": (HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large"),
    "not-implemented": (HTTPStatus.NOT_IMPLEMENTED, "Not implemented by this server"),
    "internal": (HTTPStatus.INTERNAL_SERVER_ERROR, "Internal error"),
    "unavailable": (HTTPStatus.SERVICE_UNAVAILABLE, "The service is temporarily unavailable"),
    "prediction-timeout": (HTTPStatus.GATEWAY_TIMEOUT, "The prediction took too long"),
}


class Problem(Exception):
    """A refused request: raised anywhere in the service, and sent by the door as an error reply."""

    def __init__(
        self, kind: str, detail: str, *, errors: Sequence[Mapping[str, str]] = (), headers: tuple[Header, ...] = ()
    ) -> None:
        """`kind` is a key of `KINDS`."""
        super().__init__(detail)
        self.kind = kind
        self.status, self.title = KINDS[kind]
        self.detail = detail
        self.errors = errors
        self.headers = headers

    def reply(self, request_id: str) -> Reply:
        """The problem as the reply to the request with this id."""
        body: dict[str, Any] = {
            "type": TYPE_PREFIX + self.kind,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": request_id,
            "errors": list(self.errors),
        }
        return Reply(self.status, json.dumps(body, separators=(",", ":")).encode(), PROBLEM_JSON, self.headers)


def invalid_input(error: InvalidInput) -> Problem:
    """422, with the pointer, code and sentence of each error."""
    listed = len(error.findings)
    rest = ""
    if error.total > listed:
        more = f", {error.total - listed} more are not listed" if error.is_exact else ""
        rest = f" The first {listed} are listed{more}."
    return Problem("invalid-input", f"{error}{rest}", errors=error.errors)


def incomplete_body() -> Problem:
    """400: the connection ended before the body did. Closes the connection: where a next request begins is unknown."""
    detail = "The connection ended before the body had arrived completely."
    return Problem("incomplete-body", detail, headers=(("Connection", "close"),))


def bad_request(detail: str) -> Problem:
    """400: the request is malformed. Closes the connection: where a next request begins is unknown."""
    return Problem("bad-request", detail, headers=(("Connection", "close"),))


def not_implemented(detail: str) -> Problem:
    """501: the request is valid HTTP that this server does not implement."""
    return Problem("not-implemented", detail, headers=(("Connection", "close"),))


def prediction_timeout(seconds: float) -> Problem:
    """504: the prediction did not finish within `seconds`."""
    return Problem("prediction-timeout", f"The prediction did not finish within {seconds:g} s.")


def unavailable(detail: str, *, retry_after: int = 1) -> Problem:
    """503: the service cannot answer now; `retry_after` in seconds."""
    return Problem("unavailable", detail, headers=(("Retry-After", str(retry_after)),))


def shutting_down() -> Problem:
    """503: this process takes no more requests."""
    return unavailable("The service is shutting down.")


def no_such_path() -> Problem:
    """404: no route has this path."""
    return Problem("not-found", "There is nothing at this path; the index at / lists what there is.")


def no_such_version() -> Problem:
    """404: a model answers with another version than the one that is named."""
    return Problem("not-found", "This version of the model does not exist, or is not the one that answers.")


def method_not_allowed(allow: str) -> Problem:
    """405: this path takes these methods only."""
    return Problem("method-not-allowed", f"This path takes {allow}.", headers=(("Allow", allow),))
