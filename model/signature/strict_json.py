"""What counts as JSON here: RFC 8259 with the three rules of I-JSON (RFC 7493): UTF-8, no duplicate keys, no lone
surrogates. And no BOM, NaN or Infinity.

The ordinary request never comes here: Pydantic's parser has read it by then. This look is for a request that already
failed or that holds more colons than its keys explain, so it may cost more: 40 us for an
instance of 30 numbers, some seconds for the worst 8 MiB (a thread of the pool spends them).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from model.errors import ModelError

MAX_DEPTH: Final = 100
"""Containers inside each other that a body may have by default."""
MOST_DEPTH: Final = 190
"""What may be allowed at most; Pydantic's parser gives up at 200."""
MAX_DIGITS: Final = 308
"""A longer number is exchanged for the double that it means: Pydantic's parser gives up at 4,300 digits before the
point, and calls an integer past the largest double no number at all."""

STRING: Final = (
    r'"(?:[^"\\\x00-\x1f]++'
    r'|\\["\\/bfnrt]'
    r"|\\u(?:[0-9a-cA-CefEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2})"
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r')*+"'
)
NUMBER: Final = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
SCALAR: Final = rf"(?:{STRING}|{NUMBER}|true|false|null)"
SPACE: Final = r"[ \t\n\r]*+"
KEY: Final = re.compile(rf"{SPACE}({STRING}){SPACE}:{SPACE}")
VALUE: Final = re.compile(rf"{SPACE}(?:(?P<scalar>{SCALAR})|(?P<open>[\[{{]))")
NEXT: Final = re.compile(rf"{SPACE}(?:(?P<comma>,)|(?P<close>[\]}}]))")
EMPTY: Final = re.compile(rf"{SPACE}(?P<close>[\]}}])")
WHITE: Final = re.compile(SPACE)
END: Final = re.compile(rf"{SPACE}\Z")


class MalformedJson(ModelError):
    """The text is not JSON as this module defines it."""

    @classmethod
    def at(cls, reason: str, text: str, position: int) -> MalformedJson:
        """The error with its place in words; lines and columns count from 1."""
        line, line_start = text.count("\n", 0, position) + 1, text.rfind("\n", 0, position) + 1
        return cls(f"{reason} at line {line} column {position - line_start + 1}.")


class TooDeep(ModelError):
    """The text is JSON, and nested deeper than it may be."""


@dataclass(frozen=True)
class _Patch:
    start: int
    end: int
    text: str


def check(body: bytes, max_depth: int = MAX_DEPTH) -> bytes:
    """Raise `MalformedJson` unless the body is JSON, and `TooDeep` where more than `max_depth` containers are inside
    each other; return it tamed: the same document, where numbers of more digits than a parser holds are exchanged for
    the doubles that they mean."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        before = body[: error.start].decode("utf-8")
        raise MalformedJson.at("Not UTF-8", before, len(before)) from None
    scanner = _Scanner(text)
    patches = scanner.scan()
    if scanner.deepest > max_depth:
        raise TooDeep(f"May be nested {max_depth} deep at most.")
    pieces: list[str] = []
    position = 0
    for patch in patches:
        pieces += [text[position : patch.start], patch.text]
        position = patch.end
    return "".join([*pieces, text[position:]]).encode() if patches else body


def _as_double(number: str) -> str:
    """A number's shortest text that reads as the same double; past the largest one, as infinity."""
    return repr(float(number)).replace("inf", "1e999")


class _Scanner:
    """One pass over a text, without recursion: nesting lives in `keys`, one entry for each open container."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.keys: list[set[str] | None] = []
        """The keys met so far in each open object; None for an array."""
        self.patches: list[_Patch] = []
        self.deepest = 0

    def scan(self) -> list[_Patch]:
        opened = self._value()
        while self.keys:
            if opened and (empty := EMPTY.match(self.text, self.position)):
                opened = self._close(empty)
            elif opened:
                opened = self._member()
            else:
                follows = self._match(NEXT, "Expected a comma or the end of the container")
                opened = self._close(follows) if follows["close"] else self._member()
        if END.match(self.text, self.position) is None:
            raise self._error("Expected the end of the text")
        return self.patches

    def _member(self) -> bool:
        """Read one member of the innermost container; has it opened another one?"""
        keys = self.keys[-1]
        if keys is not None:
            found = self._match(KEY, "Expected a key and a colon")
            key = found[1]
            name = json.loads(key) if "\\" in key else key[1:-1]
            if name in keys:
                raise self._error("Duplicate key", found.start(1))
            keys.add(name)
        return self._value()

    def _value(self) -> bool:
        """Read a scalar or the start of a container; was it the latter?"""
        found = self._match(VALUE, "Expected a value")
        if found["open"]:
            self.keys.append(set() if found["open"] == "{" else None)
            self.deepest = max(self.deepest, len(self.keys))
            return True
        scalar = found["scalar"]
        if len(scalar) > MAX_DIGITS and scalar[0] != '"':
            self.patches.append(_Patch(found.start("scalar"), self.position, _as_double(scalar)))
        return False

    def _close(self, found: re.Match[str]) -> bool:
        keys = self.keys.pop()
        if found["close"] != ("]" if keys is None else "}"):
            raise self._error("Expected the other kind of closing bracket", found.start("close"))
        self.position = found.end()
        return False

    def _match(self, pattern: re.Pattern[str], expected: str) -> re.Match[str]:
        found = pattern.match(self.text, self.position)
        if found is None:
            raise self._error(expected)
        self.position = found.end()
        return found

    def _error(self, reason: str, position: int | None = None) -> MalformedJson:
        at = position if position is not None else WHITE.match(self.text, self.position).end()  # type: ignore[union-attr]  # Matches even nothing.
        return MalformedJson.at(reason, self.text, at)
