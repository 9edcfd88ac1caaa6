"""Instances as the bodies of requests, none of which holds more than the server takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from twinserve.client.errors import Finding
from twinserve.client.findings import Names, refused_here
from twinserve.client.limits import Limits

Rows = Callable[[int, int], Sequence[Any]]
"""The instances from one position to another."""


class Piece:
    """Some rows of an input, as the body of one request."""

    def __init__(self, rows: Rows, start: int, encoded: Sequence[bytes], names: Names) -> None:
        self._rows, self._names = rows, names
        self.start, self.count = start, len(encoded)
        self._encoded: Sequence[bytes] | None = encoded

    @property
    def body(self) -> bytes:
        """A JSON array."""
        return b"[%s]" % b",".join(self._lines())

    def forget(self) -> None:
        """Hold the text no longer; it is made again if it is needed."""
        self._encoded = None

    def cut(self, limits: Limits) -> Iterator[Piece]:
        """The same rows in pieces within these limits."""
        lines = self._lines()
        for start, stop in _spans(list(map(len, lines)), limits):
            yield Piece(self._rows, self.start + start, lines[start:stop], self._names)

    def _lines(self) -> Sequence[bytes]:
        if self._encoded is None:
            self._encoded = _encoded(self._rows(self.start, self.start + self.count), self.start, self._names)
        return self._encoded


def pieces(rows: Rows, count: int, limits: Limits, names: Names) -> Iterator[Piece]:
    """All rows in pieces; one without rows where there are none, for the server to say what it says to these."""
    start = 0
    while start < count or start == 0:
        taken = _encoded(rows(start, min(start + limits.rows, count)), start, names)
        yield from Piece(rows, start, taken, names).cut(limits)
        start += len(taken)
        if not taken:
            return


def _spans(sizes: Sequence[int], limits: Limits) -> Iterator[tuple[int, int]]:
    """From where to where each piece goes: as many rows as fit, at least one; one empty span where there are none."""
    start, size = 0, 0
    for place, more in enumerate(sizes):
        if place > start and (place - start >= limits.rows or size + more + 1 > limits.size):
            yield start, place
            start, size = place, 0
        size += more + 1
    yield start, len(sizes)


def one_body(instance: Any) -> bytes:
    """One instance as JSON; raises `InvalidInput` for what JSON cannot hold."""
    return _text(instance, None, Names())


def _encoded(instances: Sequence[Any], start: int, names: Names) -> list[bytes]:
    return [_text(instance, row, names) for row, instance in enumerate(instances, start)]


WRITER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _text(instance: Any, row: int | None, names: Names) -> bytes:
    try:
        return WRITER.encode(instance).encode()
    except (TypeError, ValueError, RecursionError):
        return _refused(instance, row, names)


def _refused(instance: Any, row: int | None, names: Names) -> bytes:
    """The text of what the standard writer does not take, by the rules of a model in this process; raises
    `InvalidInput` with each place that JSON cannot hold."""
    from twinserve.signature.request.diagnosis import InvalidInput
    from twinserve.signature.request.python_values import to_json

    try:
        return to_json(instance)
    except InvalidInput as error:
        listed = [_finding(one.path, one.code, one.detail, row, names) for one in error.findings]
        raise refused_here(listed, error.total) from None


def _finding(path: Sequence[Any], code: str, detail: str, row: int | None, names: Names) -> Finding:
    from twinserve.signature import pointer

    whole = path if row is None else (row, *path)
    column = ".".join(map(str, path)) or None
    return Finding(pointer(whole), code, detail, column, row, None if row is None else names.label(row))
