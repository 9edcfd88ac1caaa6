"""Strict JSON: RFC 8259 with three rules of I-JSON (RFC 7493), UTF-8, no duplicate keys and no lone surrogates; and no
BOM, NaN or Infinity.

msgspec parses a body, at most 1 ms for any 60 kB. Where that fails, or a key may be there twice, jiter (the parser
inside Pydantic) parses it again and tells the error. This module rewrites these errors so that they show none of the
text, and adds what jiter has no option for: a limit of the depth, and numbers of any length.
"""

from __future__ import annotations

import re
from typing import Any, Final

import jiter
import msgspec
import numpy as np

from twinserve.errors import ModelError
from twinserve.signature.request.long_numbers import shorten
from twinserve.signature.request.nesting import is_deeper, without_escapes

MAX_DEPTH: Final = 100
"""The default limit of nested containers."""
MOST_DEPTH: Final = 190
"""The largest limit; jiter stops at 200."""
TOO_LONG: Final = "number out of range"
"""jiter's error for a number of more than 4,300 digits."""
ESCAPED_COLON: Final = rb"\u003"
"""The start of an escaped colon, or of another character from `0` to `?`."""
ZEROS: Final = bytes.maketrans(b"123456789", b"000000000")
LONG_NUMBER: Final = b"0" * 400
DUPLICATE: Final = "Detected duplicate key"
REASONS: Final = {"expected ident": "expected null, true or false"}
"""Those of jiter's that only a parser's author understands."""
TRAILING: Final = "trailing characters"
NOT_FINITE: Final = re.compile(rb"-?(?:NaN|Infinity)\b")
PLACED: Final = re.compile(r"(?P<reason>.+) at line (?P<line>[0-9]+) column (?P<column>[0-9]+)", re.DOTALL)


class MalformedJson(ModelError):
    """The text is not JSON as this module defines it."""

    @classmethod
    def at(cls, reason: str, body: bytes, line_start: int, position: int) -> MalformedJson:
        """The error with its line and column, both from 1."""
        line = body.count(b"\n", 0, line_start) + 1
        column = len(body[line_start:position].decode("utf-8", "replace")) + 1
        return cls(f"{reason} at line {line} column {column}.")


class TooDeep(ModelError):
    """Containers are nested deeper than the limit."""


def parse(body: bytes, max_depth: int = MAX_DEPTH) -> Any:
    """The document as Python values; a number too large for a double may be an infinity or a large integer.

    Raises `TooDeep` where containers are nested deeper than `max_depth`, whatever else is wrong, and `MalformedJson`
    where the body is not JSON."""
    if is_deeper(body, max_depth):
        raise TooDeep(f"May be nested {max_depth} deep at most.")
    try:
        return _parse_unique(body)
    except (msgspec.MsgspecError, ValueError, OverflowError):
        pass  # jiter either accepts it or tells the error more precisely.
    try:
        return _parse(body)
    except ValueError as error:
        if not str(error).startswith(TOO_LONG):
            raise _malformed(body, str(error)) from None
    try:
        return _parse(shorten(body))
    except ValueError as error:
        raise _malformed(body, str(error)) from None


def _parse_unique(body: bytes) -> Any:
    """The document, parsed by msgspec; raises ValueError where a key may be there twice.

    Of two equal keys msgspec keeps the last, so that the document has fewer colons when it is written again. jiter's
    own check for duplicates takes three times as long."""
    if ESCAPED_COLON in body or LONG_NUMBER in body.translate(ZEROS):
        raise ValueError("It may be written with more colons, or take long to be written.")
    value = msgspec.json.decode(body)
    if msgspec.json.encode(value).count(b":") != body.count(b":"):
        raise ValueError("A key is there twice.")
    return value


def _parse(body: bytes) -> Any:
    # No cache of strings, which would keep values of callers.
    return jiter.from_json(body, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="none")


def _malformed(body: bytes, message: str) -> MalformedJson:
    """The error for a message of jiter, which counts columns in bytes and names a duplicate key."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return MalformedJson.at("Not UTF-8", body, body.rfind(b"\n", 0, error.start) + 1, error.start)
    match = PLACED.fullmatch(message)
    if match is None or match["reason"].startswith("EOF"):
        return MalformedJson.at("Unexpected end", body, body.rfind(b"\n") + 1, len(body))
    line_start = _line_start(body, int(match["line"]))
    position = line_start + max(int(match["column"]) - 1, 0)
    if match["reason"].startswith(DUPLICATE):  # jiter's position is after the colon.
        position = without_escapes(body[: body.rindex(b'"', 0, position)]).rindex(b'"')
        return MalformedJson.at("Duplicate key", body, body.rfind(b"\n", 0, position) + 1, position)
    reason = REASONS.get(match["reason"], match["reason"])
    if reason.startswith(TRAILING) and body[position : position + 1] == b"{":
        reason = "Another object (send several as an array)"
    # Of `-Infinity` jiter takes the minus for the start of a number.
    start = position - (body[position - 1 : position] == b"-")
    if literal := NOT_FINITE.match(body, start):
        position = start
        reason = f"JSON has no {literal[0].decode()} (write null for a missing number)"
    return MalformedJson.at(reason[0].upper() + reason[1:], body, line_start, position)


def _line_start(body: bytes, line: int) -> int:
    """The position of the first byte of a line."""
    if line == 1:
        return 0
    return int(np.flatnonzero(np.frombuffer(body, np.uint8) == ord("\n"))[line - 2]) + 1
