"""JSON bodies of other protocols: read by the rules of the native JSON, but for what their clients send by habit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from twinserve.service.http.problem import Problem
from twinserve.service.http.query import invalid_parameters
from twinserve.signature.request.counting import count
from twinserve.signature.request.negative_zero import with_signs
from twinserve.signature.request.strict_json import MalformedJson, TooDeep, parse

MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
STRING_OR_NAN: Final = re.compile(rb'("(?:[^"\\]|\\.)*+")|NaN')


def bad(detail: str) -> Problem:
    """400: this is no request of the protocol."""
    return Problem("bad-request", detail)


def read_json(text: bytes, max_depth: int) -> Any:
    """The document, by the rules of the native JSON, but for NaN, which clients send for a missing number."""
    signed = with_signs(text)
    try:
        return parse(signed, max_depth)
    except TooDeep as error:
        raise bad(str(error)) from None
    except MalformedJson as error:
        told = str(error)
    try:
        return parse(STRING_OR_NAN.sub(lambda found: found[1] or b"null", signed) if b"NaN" in signed else text)
    except MalformedJson as error:
        told = str(error)
    raise Problem("malformed-json", told)


def members_of(text: bytes) -> Mapping[str, bytes] | None:
    """The members of an object, as JSON; None leaves the document to `read_json`: it is something else, is not read by
    msgspec, or may have a key twice."""
    try:
        found = MEMBERS.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    members = {name: bytes(value) for name, value in found.items()}
    colons = len(members) + sum(count(value, b":") for value in members.values())
    return members if count(text, b":") == colons else None


def flag(parameters: Mapping[str, Any] | None, name: str, *, default: bool) -> bool:
    """A parameter that is true or false; raises `Problem` (400) if it is something else."""
    value = default if parameters is None else parameters.get(name, default)
    if type(value) is not bool:
        raise invalid_parameters([{"parameter": name, "code": "type", "detail": "Must be true or false."}])
    return value
