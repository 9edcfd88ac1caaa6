"""What is JSON, spelled out: a scanner that is slow and plain, to hold the fast parser to.

RFC 8259 with the three rules of I-JSON (RFC 7493): UTF-8, no duplicate keys, no lone surrogates. And no BOM, NaN or
Infinity.
"""

from __future__ import annotations

import json
import re
from typing import Final

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
END: Final = re.compile(rf"{SPACE}\Z")


class NotJson(Exception):
    """The text is not JSON as this module defines it."""


def depth(body: bytes) -> int:
    """How many containers are inside each other; raises `NotJson`."""
    try:
        scanner = _Scanner(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise NotJson("Not UTF-8") from None
    scanner.scan()
    return scanner.deepest


class _Scanner:
    """One pass over a text, without recursion: nesting lives in `keys`, one entry for each open container."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.keys: list[set[str] | None] = []
        """The keys met so far in each open object; None for an array."""
        self.deepest = 0

    def scan(self) -> None:
        """Read the whole text."""
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
            raise NotJson("Expected the end of the text")

    def _member(self) -> bool:
        """Read one member of the innermost container; has it opened another one?"""
        keys = self.keys[-1]
        if keys is not None:
            match = self._match(KEY, "Expected a key and a colon")
            key = match[1]
            name = json.loads(key) if "\\" in key else key[1:-1]
            if name in keys:
                raise NotJson("Duplicate key")
            keys.add(name)
        return self._value()

    def _value(self) -> bool:
        """Read a scalar or the start of a container; was it the latter?"""
        match = self._match(VALUE, "Expected a value")
        if match["open"]:
            self.keys.append(set() if match["open"] == "{" else None)
            self.deepest = max(self.deepest, len(self.keys))
            return True
        return False

    def _close(self, match: re.Match[str]) -> bool:
        keys = self.keys.pop()
        if match["close"] != ("]" if keys is None else "}"):
            raise NotJson("Expected the other kind of closing bracket")
        self.position = match.end()
        return False

    def _match(self, pattern: re.Pattern[str], expected: str) -> re.Match[str]:
        match = pattern.match(self.text, self.position)
        if match is None:
            raise NotJson(expected)
        self.position = match.end()
        return match
