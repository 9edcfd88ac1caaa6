"""What a call may raise: `Problem` and its classes for a server's refusal, and what else can go wrong on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from twinserve.errors import ModelError

SHOWN: Final = 10
"""Findings that the message of an `InvalidInput` shows."""
HINT: Final = "is the client's address that of the service, with its prefix?"
"""What a 404 is asked, which is most often an address that lacks a prefix."""
NO_PATH: Final = "There is nothing at this path"
"""So begins what the service says where the address may be wrong; its other 404s are about a model or a version."""


class ClientError(ModelError):
    """The base class of what a call raises, but for `AskedWrongly`, which an argument that cannot be used raises."""


class ConnectionFailed(ClientError):
    """There was no answer: nobody listens, or the connection broke. The cause is HTTPX's error."""

    def __init__(self, sentence: str, *, was_sent: bool = False, is_final: bool = False) -> None:
        """`was_sent`: the server may have got the request. `is_final`: another attempt would fail alike."""
        super().__init__(sentence)
        self.was_sent, self.is_final = was_sent, is_final


class TimedOut(ClientError):
    """There was no answer within `timeout`, or none within the total of `retries`."""


class UnexpectedAnswer(ClientError):
    """The answer is not one of this service: a proxy's page, a redirect, or JSON that is cut off."""

    def __init__(self, sentence: str, status: int | None = None, body: bytes = b"") -> None:
        super().__init__(sentence)
        self.status, self.body = status, body


class TokenRefused(ClientError):
    """No token was granted; `code` is the error of RFC 6749, such as `invalid_client`."""

    def __init__(self, sentence: str, code: str = "") -> None:
        super().__init__(sentence)
        self.code = code


class MixedVersions(UserWarning):
    """The parts of one table were answered by several versions, although they were asked for again."""


@dataclass(frozen=True)
class Finding:
    """One error about one place of the input."""

    pointer: str
    """The JSON Pointer as the server gave it, but counted from the caller's own first row."""
    code: str
    detail: str
    column: str | None = None
    """The column of the caller's table, or the field's name by its path; None for what is about the whole input."""
    row: int | None = None
    """The position of the row, from 0; None for what is about all rows, or where one instance was sent."""
    label: Any = None
    """What the table's own index calls this row; without an index, its position."""

    def __str__(self) -> str:
        places = [] if self.column is None else [f"column {self.column!r}"]
        if self.row is not None:
            is_plain = self.label is None or self.label == self.row
            places.append(f"row {self.row}" if is_plain else f"row {self.label!r} (position {self.row})")
        return f"{', '.join(places) or 'the input'}: {self.detail} [{self.code}]"


@dataclass(frozen=True)
class Facts:
    """What a problem document says (RFC 9457), and the headers that belong to it."""

    kind: str
    """The last part of `type`, such as `invalid-input`."""
    title: str
    status: int | None
    """None for what was refused here, before anything was sent."""
    detail: str
    type: str = "about:blank"
    errors: Sequence[Mapping[str, str]] = ()
    """The errors as the server listed them: `code`, `detail`, and `pointer` or `parameter`."""
    request_id: str | None = None
    retry_after: float | None = None
    """Seconds, from the header of this name."""
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    """What was asked, without its query."""


class Problem(ClientError):
    """A refusal of the server, with what its problem document says."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.facts = facts
        self.kind, self.type, self.title, self.status = facts.kind, facts.type, facts.title, facts.status
        self.detail, self.errors, self.request_id = facts.detail, facts.errors, facts.request_id
        self.retry_after, self.headers = facts.retry_after, facts.headers

    def __str__(self) -> str:
        told = "".join(f"\n  {one.get('parameter') or '(input)'}: {one.get('detail')}" for one in self.errors[:SHOWN])
        number = f"{self.status} " if self.status is not None else ""
        is_found = self.kind == "not-found" and not self.detail.startswith(NO_PATH)
        asked = f"\n  {self.facts.url} was asked{'.' if is_found else f'; {HINT}'}"
        asked = asked if self.status == HTTPStatus.NOT_FOUND else ""
        return f"{number}{self.kind}: {self.detail}{told}{asked}"


class InvalidInput(Problem):
    """422: the input does not fit the model. `findings` name column and row of what the caller handed over."""

    def __init__(
        self, facts: Facts, findings: Sequence[Finding], total: int | None = None, *, is_exact: bool = True
    ) -> None:
        super().__init__(facts)
        self.args = (facts, findings)
        self.findings = tuple(findings)
        """The first errors, at most 100."""
        self.total = len(self.findings) if total is None else total
        """The number of all errors."""
        self.is_exact = is_exact
        """False where there may be more errors than `total`."""

    def __str__(self) -> str:
        least = "" if self.is_exact else "At least "
        lines = [f"{least}{self.total} error{'s' * (self.total != 1)} in the input."]
        lines += [f"  {finding}" for finding in self.findings[:SHOWN]]
        return "\n".join(lines + ["  ..."] * (self.total > SHOWN))

    def __reduce__(self) -> tuple[Any, ...]:
        return _invalid_input, (self.facts, self.findings, self.total, self.is_exact)


def _invalid_input(facts: Facts, findings: Sequence[Finding], total: int, is_exact: bool) -> InvalidInput:  # noqa: FBT001  # As pickled.
    return InvalidInput(facts, findings, total, is_exact=is_exact)


class InvalidParameter(Problem):
    """400: what was asked for beside the input cannot be given, such as a coverage."""


class Unauthorized(Problem):
    """401: the credentials are missing or invalid."""


class Forbidden(Problem):
    """403: the credentials lack the scope, or the model is not theirs."""


class NotFound(Problem):
    """404: there is no such path, or no such model."""


class TooLarge(Problem):
    """413: the body is larger than the server takes; of a table, already its single row."""


class TooManyRequests(Problem):
    """429: this caller asks too often; `retry_after` seconds may help."""


class NotImplementedHere(Problem):
    """501: the model cannot give this, such as explanations."""


class Unavailable(Problem):
    """503: the server is full, shutting down, or has no model."""


class PredictionTimeout(Problem):
    """504: the prediction took longer than the server allows."""


BY_KIND: Final[Mapping[str, type[Problem]]] = {
    "invalid-parameter": InvalidParameter,
    "unauthorized": Unauthorized,
    "forbidden": Forbidden,
    "not-found": NotFound,
    "too-large": TooLarge,
    "too-many-requests": TooManyRequests,
    "not-implemented": NotImplementedHere,
    "unavailable": Unavailable,
    "prediction-timeout": PredictionTimeout,
}
"""By kind of problem; any other is a plain `Problem`."""
