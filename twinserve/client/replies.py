"""What a reply means: the JSON that was asked for, or the error to raise."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from twinserve.client.errors import BY_KIND, HINT, Facts, InvalidInput, Problem, UnexpectedAnswer
from twinserve.client.findings import Names, findings
from twinserve.client.messages import Response
from twinserve.client.retrying import retry_after

PROBLEM: Final = "application/problem+json"
PREFIX: Final = "urn:twinserve:problem:"
TOTAL: Final = re.compile(r"(At least )?(\d{1,15}) errors? in the input", re.ASCII)
OTHER: Final = "which is not what was asked for"
LONGEST: Final = 64 * 1024
"""Bytes of an answer that is none of ours which its error keeps."""


def is_object(given: Any) -> bool:
    """The shape of most answers."""
    return isinstance(given, dict)


def value(
    response: Response,
    fits: Callable[[Any], bool] = is_object,
    why: str = OTHER,
    names: Names | None = None,
) -> Any:
    """The JSON of a good answer, which has the expected shape; raises what any other answer means."""
    if response.status != HTTPStatus.OK:
        raise error(response, names)
    return parsed(response, response.body, fits, why)


def parsed(
    response: Response,
    text: bytes,
    fits: Callable[[Any], bool] = is_object,
    why: str = OTHER,
) -> Any:
    """The JSON of a text within an answer; raises `UnexpectedAnswer` for what has not the expected shape."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise unexpected(response, "its body is no JSON, or is cut off") from None
    if not fits(given):
        raise unexpected(response, why)
    return given


def require(response: Response, form: str) -> Response:
    """An answer of this media type; raises what any other answer means."""
    if response.is_good(form):
        return response
    if response.status != HTTPStatus.OK:
        raise error(response)
    raise unexpected(response, f"which is not {form}")


def error(response: Response, names: Names | None = None) -> Problem | UnexpectedAnswer:
    """The error for an answer that is not good; `names` say how the caller calls columns and rows."""
    document = _document(response)
    if document is None:
        return unexpected(response, "which is none of its answers")
    facts = _facts(response, document)
    if facts.kind != "invalid-input":
        return BY_KIND.get(facts.kind, Problem)(facts)
    listed = findings(facts.errors, names or Names())
    counted = TOTAL.match(facts.detail)
    total = max(int(counted[2]), len(listed)) if counted else len(listed)
    return InvalidInput(facts, listed, total, is_exact=counted is None or counted[1] is None)


def unexpected(response: Response, why: str) -> UnexpectedAnswer:
    """The error for an answer that is none of this service; its sentence shows nothing of the body."""
    place = response.headers.get("location", "")
    if place and HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST:
        why = f"a redirect to {place.partition('?')[0][:200]!r}, which is not followed: give the client that address"
    elif response.status == HTTPStatus.NOT_FOUND:
        why = f"{why}; {HINT}"
    end = "" if why.endswith("?") else "."
    sentence = f"{response.url} answered {response.status} ({response.media_type[:64] or 'no type'}): {why}{end}"
    return UnexpectedAnswer(sentence, response.status, response.body[:LONGEST])


def _document(response: Response) -> Mapping[str, Any] | None:
    """The problem document of an answer, if it has one."""
    if response.media_type != PROBLEM:
        return None
    try:
        document = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _facts(response: Response, document: Mapping[str, Any]) -> Facts:
    kind = str(document.get("type", "about:blank"))
    return Facts(
        kind=kind.removeprefix(PREFIX),
        title=str(document.get("title", "")),
        status=response.status,
        detail=str(document.get("detail") or document.get("title") or ""),
        type=kind,
        errors=_errors(document.get("errors")),
        request_id=response.headers.get("x-request-id"),
        retry_after=retry_after(response),
        headers=response.headers,
        url=response.url,
    )


def _errors(given: Any) -> Sequence[Mapping[str, str]]:
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
