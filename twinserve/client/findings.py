"""From a JSON Pointer of the server to the column and the row of what the caller handed over."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from twinserve.client.errors import Facts, Finding, InvalidInput

ROW: Final = re.compile(r"\d{1,15}", re.ASCII)


@dataclass(frozen=True)
class Names:
    """How the caller calls the places of the input that was sent."""

    is_array: bool = False
    """Was an array sent, so that a pointer begins with a row?"""
    start: int = 0
    """The position of the array's first row in all that the caller handed over."""
    columns: Collection[str] = ()
    """The columns of the caller's table, by their names."""
    label: Callable[[int], Any] = lambda row: row
    """What the caller's index calls the row at a position."""


def findings(errors: Iterable[Mapping[str, str]], names: Names) -> list[Finding]:
    """The errors of a 422 with columns and rows."""
    return [_finding(error, names) for error in errors]


def _finding(error: Mapping[str, str], names: Names) -> Finding:
    pointer, code, detail = (str(error.get(name, "")) for name in ("pointer", "code", "detail"))
    parts = tokens(pointer)
    if not (names.is_array and parts and ROW.fullmatch(parts[0])):
        return Finding(pointer, code, detail, _column(parts, names.columns))
    row, rest = int(parts[0]) + names.start, parts[1:]
    moved = f"/{row}{pointer.removeprefix(f'/{parts[0]}')}"
    return Finding(moved, code, detail, _column(rest, names.columns), row, names.label(row))


def _column(parts: Sequence[str], columns: Collection[str]) -> str | None:
    """The column of a path. A column's name may itself have dots, and an error may be about a value within a cell."""
    if not parts:
        return None
    names = [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
    return next((name for name in names if name in columns), names[0])


def tokens(pointer: str) -> list[str]:
    """The parts of a JSON Pointer (RFC 6901)."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def refused_here(listed: Sequence[Finding], total: int | None = None) -> InvalidInput:
    """The error for an input that was not sent, as it cannot be right."""
    facts = Facts("invalid-input", "The input does not fit the model", None, "The input was not sent.")
    return InvalidInput(facts, listed, total)


def joined(errors: Sequence[InvalidInput], most: int, *, all_asked: bool) -> InvalidInput:
    """The errors of several parts of a table, in the order of the parts, as one."""
    listed = [finding for error in errors for finding in error.findings]
    is_exact = all_asked and all(error.is_exact for error in errors)
    return InvalidInput(errors[0].facts, listed[:most], sum(error.total for error in errors), is_exact=is_exact)
