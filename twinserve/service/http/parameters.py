"""The query parameters that paths take, and how their values are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from twinserve.conformal.limits import HIGHEST, LOWEST, RANGE
from twinserve.notations.json_numbers import JSON_NUMBER

MOST_PASSED: Final = 100
"""Columns that come back beside the answers."""
LONGEST_NUMBER: Final = 20
"""Characters of a number; no value that is accepted is longer."""
LISTED: Final = 100
MOST_LISTED: Final = 1_000
"""Names in one reply: as many as were asked for, or by default."""
NUMBER: Final = re.compile(JSON_NUMBER)


class Unfit(ValueError):
    """A parameter's value is invalid; `code` and text go into the reply, so neither may contain the value."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True)
class Parameter:
    """A query parameter that a path takes."""

    name: str
    read: Callable[[str], Any]
    """Its value from its text; raises `Unfit`."""
    schema: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """The JSON Schema of its value."""
    description: str = ""


def read_top(text: str) -> int:
    """A positive integer."""
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        raise Unfit("type", "Must be an integer.")
    if (number := int(text)) < 1:
        raise Unfit("bound", "Must be at least 1.")
    return number


def read_limit(text: str) -> int:
    """How many of a list to give."""
    if (number := read_top(text)) > MOST_LISTED:
        raise Unfit("bound", f"Must be at most {MOST_LISTED}.")
    return number


def read_coverage(text: str) -> float:
    """A JSON number within the range of coverages."""
    if len(text) > LONGEST_NUMBER or not NUMBER.fullmatch(text):
        raise Unfit("type", "Must be a number.")
    if not LOWEST <= (number := float(text)) <= HIGHEST:
        raise Unfit("bound", RANGE)
    return number


def read_pass(text: str) -> tuple[str, ...]:
    """The names of columns, separated by commas."""
    names = tuple(text.split(","))
    if not all(names):
        raise Unfit("type", "Must be names of columns, separated by commas.")
    if len(names) > MOST_PASSED:
        raise Unfit("bound", f"Must be at most {MOST_PASSED} names.")
    if len(set(names)) < len(names):
        raise Unfit("repeated", "Must not name a column twice.")
    return names


LIMIT: Final = Parameter(
    "limit",
    read_limit,
    {"type": "integer", "minimum": 1, "maximum": MOST_LISTED, "default": LISTED},
    "How many to list.",
)
AFTER: Final = Parameter("after", str, {"type": "string"}, "The name behind which the list goes on: `next` of a reply.")
CLASS: Final = Parameter("class", str, {"type": "string"}, "The class to explain; by default each row's own label.")
TOP: Final = Parameter(
    "top",
    read_top,
    {"type": "integer", "minimum": 1},
    "How many contributions to list, those of the greatest magnitude; the others are summed up.",
)
COVERAGE: Final = Parameter(
    "coverage",
    read_coverage,
    {"type": "number", "format": "double", "minimum": LOWEST, "maximum": HIGHEST},
    "The probability with which an interval holds the true value, or a set of labels the true label; the reply has it.",
)
PASS: Final = Parameter(
    "pass",
    read_pass,
    {"type": "string"},
    "Columns that come back beside the answers, separated by commas; only for bodies in bulk.",
)
