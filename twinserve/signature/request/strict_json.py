"""What counts as JSON here: RFC 8259 with the three rules of I-JSON (RFC 7493): UTF-8, no duplicate keys, no lone
surrogates. And no BOM, NaN or Infinity.

msgspec reads it: 60 kB of anything in 1 ms at most. Where that fails, or a key may be there twice, jiter says what is
wrong, the parser inside Pydantic. Here are its errors in words that show nothing of the text, and what it has no rule
for: the depth that is set, and numbers of any length.
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
"""Containers inside each other that a body may have by default."""
MOST_DEPTH: Final = 190
"""What may be allowed at most; jiter gives up at 200."""
TOO_LONG: Final = "number out of range"
"""What jiter says of a number of more than 4,300 digits."""
ESCAPED_COLON: Final = rb"\u003"
"""Or another sign from `0` to `?`."""
ZEROS: Final = bytes.maketrans(b"123456789", b"000000000")
LONG_NUMBER: Final = b"0" * 400
DUPLICATE: Final = "Detected duplicate key"
PLACED: Final = re.compile(r"(?P<reason>.+) at line (?P<line>[0-9]+) column (?P<column>[0-9]+)", re.DOTALL)


class MalformedJson(ModelError):
    """The text is not JSON as this module defines it."""

    @classmethod
    def at(cls, reason: str, body: bytes, line_start: int, position: int) -> MalformedJson:
        """The error with its place in words; lines and characters count from 1."""
        line = body.count(b"\n", 0, line_start) + 1
        column = len(body[line_start:position].decode("utf-8", "replace")) + 1
        return cls(f"{reason} at line {line} column {column}.")


class TooDeep(ModelError):
    """More containers are inside each other than there may be."""


def parse(body: bytes, max_depth: int = MAX_DEPTH) -> Any:
    """The document as Python values; a number too large for a double may be an infinity or a large integer.

    Raises `TooDeep` where more than `max_depth` containers are inside each other, whatever else is wrong, and
    `MalformedJson` unless the body is JSON."""
    if is_deeper(body, max_depth):
        raise TooDeep(f"May be nested {max_depth} deep at most.")
    try:
        return _parse_unique(body)
    except (msgspec.MsgspecError, ValueError, OverflowError):
        pass  # What is wrong, if anything is, jiter tells better.
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
    """The document if no key is there twice, by msgspec: it keeps the last of two equal ones, so that the document
    holds fewer colons when it is written again. jiter's own look for duplicates takes three times as long."""
    if ESCAPED_COLON in body or LONG_NUMBER in body.translate(ZEROS):
        raise ValueError("It may be written with more colons, or take long to be written.")
    value = msgspec.json.decode(body)
    if msgspec.json.encode(value).count(b":") != body.count(b":"):
        raise ValueError("A key is there twice.")
    return value


def _parse(body: bytes) -> Any:
    # No cache of strings, which would keep what callers sent.
    return jiter.from_json(body, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="none")


def _malformed(body: bytes, message: str) -> MalformedJson:
    """What jiter found, and where: it counts bytes, and names the key that is there twice."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return MalformedJson.at("Not UTF-8", body, body.rfind(b"\n", 0, error.start) + 1, error.start)
    match = PLACED.fullmatch(message)
    if match is None or match["reason"].startswith("EOF"):
        return MalformedJson.at("Unexpected end", body, body.rfind(b"\n") + 1, len(body))
    line_start = _line_start(body, int(match["line"]))
    position = line_start + max(int(match["column"]) - 1, 0)
    if match["reason"].startswith(DUPLICATE):  # jiter is behind the colon by then.
        position = without_escapes(body[: body.rindex(b'"', 0, position)]).rindex(b'"')
        return MalformedJson.at("Duplicate key", body, body.rfind(b"\n", 0, position) + 1, position)
    reason = match["reason"]
    return MalformedJson.at(reason[0].upper() + reason[1:], body, line_start, position)


def _line_start(body: bytes, line: int) -> int:
    """Where a line begins."""
    if line == 1:
        return 0
    return int(np.flatnonzero(np.frombuffer(body, np.uint8) == ord("\n"))[line - 2]) + 1
