"""NDJSON in: a nested instance in each line, as `POST /predict` takes it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec
import numpy as np

from twinserve.bulk.checked import Checked, check
from twinserve.bulk.version import BulkVersion
from twinserve.signature import Finding
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.nesting import is_deeper
from twinserve.signature.request.strict_json import MalformedJson, TooDeep, parse
from twinserve.signature.request.validator import Batch

LONGEST: Final = 8 << 20
"""Bytes of a line at most, as of a body of `POST /predict`: no more are kept until it ends."""
TOO_LONG: Final = (Finding((), "length", f"A line may have {LONGEST} bytes at most."),)
SEPARATOR: Final = b",\n"
"""Between instances: no string of JSON holds a line's end, so an instance that is one value stays one."""
BLANK: Final = b" \t\r\n"
RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
Group = dict[str, msgspec.Raw] | list[msgspec.Raw]
GROUP: Final = msgspec.json.Decoder(Group)
DIGITS: Final = len(str(LONGEST))
"""Of a place in a list at most: no line has more items."""

Line = bytes | None
"""A line without its end; None in place of one that is too long."""


class Lines:
    """Cuts bytes into lines. A line that is too long is dropped while it arrives; blank lines are none."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._begun: list[bytes] = []
        self._size, self._longest = 0, longest

    def feed(self, piece: bytes) -> list[Line]:
        """The lines that this piece ends."""
        head, end, rest = piece.rpartition(b"\n")
        if not end:
            self._keep(piece)
            return []
        first, *others = head.split(b"\n")
        self._keep(first)
        lines = [self._taken(), *others]
        self._keep(rest)
        return [line for line in lines if line is None or line.strip(BLANK)]

    def end(self) -> list[Line]:
        """The last line, where nothing ends it."""
        line = self._taken()
        return [line] if line is None or line.strip(BLANK) else []

    @property
    def held(self) -> int:
        """The bytes of the line that has begun, kept or dropped."""
        return self._size

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._longest:
            self._begun.clear()
        else:
            self._begun.append(part)

    def _taken(self) -> Line:
        line = None if self._size > self._longest else b"".join(self._begun)
        self._begun, self._size = [], 0
        return line


class LineReader:
    """Validates lines for one version of a model; threads may share it."""

    def __init__(self, version: BulkVersion, passed: Sequence[str] = ()) -> None:
        self._validate = version.validator.validate
        self._passed, self._max_depth = passed, version.max_depth
        self._foreign = [name for name in passed if name not in version.object_keys]

    def __call__(self, lines: Sequence[Line]) -> Checked:
        """At most `MOST_CHECKED` lines."""
        kept = [line.strip(BLANK) for line in lines if line is not None]
        taken = [self._take(line) for line in kept] if self._passed else []
        checked = check([line for line, _ in taken] if taken else kept, self._together)
        passed = {name: [values[place] for _, values in taken] for place, name in enumerate(self._passed)}
        checked = checked._replace(passed=passed)
        return checked if len(kept) == len(lines) else _with_long(checked, lines)

    def _together(self, lines: Sequence[bytes]) -> Batch:
        """The instances of these lines, each of which is one value."""
        if len(lines) == 1:
            with suppress(TooDeep):  # The validator tells of it.
                parse(lines[0], self._max_depth)  # Tells of what is no JSON by its place in the line.
        joined = SEPARATOR.join(lines)
        body = b"[" + joined + b"]"
        batch = self._validate(body)
        if len(lines) > 1:
            values = RAWS.decode(body)
            if len(values) != len(lines) or SEPARATOR.join(values) != joined:
                raise InvalidInput([], 0)  # Some value spans lines, or some line has two; each is looked at alone.
        return batch

    def _take(self, line: bytes) -> tuple[bytes, list[Any]]:
        """A line without the members that are not the model's, and the values of those that come back, as JSON; null
        where it has none. A line that is no JSON, or nested too deep, is left to the validator as it is."""
        nothing = line, [None] * len(self._passed)
        if is_deeper(line, self._max_depth):
            return nothing
        try:
            members = MEMBERS.decode(line)
            opened: dict[str, Group] = {"": members}
            values = [_found(name, opened) for name in self._passed]
            for value in values:
                if value is not None:
                    parse(bytes(value), self._max_depth)  # msgspec skips members without a look at their texts.
        except (msgspec.MsgspecError, ValueError, MalformedJson):
            return nothing
        kept = {name: value for name, value in members.items() if name not in self._foreign}
        # Of two equal keys msgspec keeps the last; such a line is left to the validator as it is.
        if len(kept) == len(members) or msgspec.json.encode(members).count(b":") != line.count(b":"):
            return line, values
        return msgspec.json.encode(kept), values


def _found(name: str, opened: dict[str, Group], path: str = "") -> msgspec.Raw | None:
    """The member of this name, or of this dotted path, which may lead through lists. `opened` has the groups of the
    line that were looked into, by their paths: many names may lead through one of many bytes."""
    if (value := _member(opened[path], name)) is not None:
        return msgspec.Raw(bytes(value))
    head, dot, rest = name.partition(".")
    if not dot or (inner := _member(opened[path], head)) is None:
        return None
    path = f"{path}{head}."
    if path not in opened:
        try:
            opened[path] = GROUP.decode(inner)
        except (msgspec.MsgspecError, ValueError):
            opened[path] = {}
    return _found(rest, opened, path)


def _member(group: Group, name: str) -> msgspec.Raw | None:
    """A member of an object by its key, or of a list by its place."""
    if isinstance(group, dict):
        return group.get(name)
    is_place = len(name) <= DIGITS and name.isascii() and name.isdecimal() and str(int(name)) == name
    return group[int(name)] if is_place and int(name) < len(group) else None


def _with_long(checked: Checked, lines: Sequence[Line]) -> Checked:
    """The same with the lines that were too long in their places."""
    rows = np.array([row for row, line in enumerate(lines) if line is not None], dtype=np.int64)
    errors = {int(rows[row]): findings for row, findings in checked.errors.items()}
    errors |= {row: TOO_LONG for row, line in enumerate(lines) if line is None}
    passed = {name: [None] * len(lines) for name in checked.passed}
    for name, values in checked.passed.items():
        for row, value in zip(rows, values, strict=True):
            passed[name][row] = value
    places = rows if checked.places is None else rows[checked.places]
    return checked._replace(rows=len(lines), places=places, errors=errors, passed=passed)
