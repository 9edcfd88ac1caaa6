"""Python values as the JSON text that they stand for, so that they meet the same rules as a request's body.

JSON's values are None, bool, int, finite float, text, mappings with text keys, lists and tuples. NumPy's scalars, dates
and the like are refused: a guess at their meaning would be a second set of rules.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from math import isfinite
from typing import Any, Final

from twinserve.signature.findings import Finding
from twinserve.signature.request.diagnosis import MAX_ERRORS, InvalidInput
from twinserve.signature.request.strict_json import MOST_DEPTH
from twinserve.signature.signature import Path

CODE: Final = "not-json"
TOO_LARGE: Final = 10**400
"""Stands for every integer of at least its size, none of which a double holds: Python writes 4,300 digits at most."""


def to_json(value: Any, unread: Collection[Path] = (), *, is_array: bool = False) -> bytes:
    """The JSON text of a value; raises `InvalidInput` with each place that holds what JSON cannot.

    What is at the places `unread` of an instance may be anything, and becomes null."""
    copier = _Copier(unread, start=int(is_array))
    copied = copier.copy(value, ())
    if copier.findings:
        raise InvalidInput(copier.findings[:MAX_ERRORS], len(copier.findings))
    return json.dumps(copied, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()


def are_json(values: Iterable[Any]) -> bool:
    """Are these leaves, which msgspec took for JSON's types, finite numbers and text that UTF-8 can hold?"""
    try:
        return isfinite(sum(values))  # All are numbers, the usual case: 0.3 us for 30, where a loop takes 2.
    except TypeError:
        return all(_is_json(value) for value in values)


def _is_json(value: Any) -> bool:
    if isinstance(value, str):
        return is_text(value)
    return value is None or isfinite(value)


def is_text(text: str) -> bool:
    """Is it text that UTF-8 can hold? Surrogates are not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Copier:
    """Copies a value, and lists the places that JSON cannot hold."""

    def __init__(self, unread: Collection[Path], start: int) -> None:
        self.findings: list[Finding] = []
        self._unread, self._start = unread, start
        """`start`: where the path within an instance begins."""

    def copy(self, value: Any, path: Path) -> Any:
        """The value in JSON's own types. What is nested deeper than any limit is left out, as the rest is refused."""
        if isinstance(value, Mapping):
            return {} if len(path) >= MOST_DEPTH else self._mapping(value, path)
        if isinstance(value, (list, tuple)):
            return [] if len(path) >= MOST_DEPTH else [self.copy(item, (*path, i)) for i, item in enumerate(value)]
        if isinstance(value, str):
            return str.__str__(value) if is_text(value) else self._refuse(path, "Must be text that UTF-8 can hold.")
        if value is None or type(value) is bool:
            return value
        if type(value) is int:
            return value if -TOO_LARGE < value < TOO_LARGE else TOO_LARGE
        if type(value) is float:
            return value if isfinite(value) else self._refuse(path, "Must be a finite number; None is a missing one.")
        return self._refuse(path, f"Must be a JSON value, and is of the type {type(value).__name__}.{_hint(value)}")

    def _mapping(self, value: Mapping[Any, Any], path: Path) -> dict[str, Any]:
        if not all(isinstance(key, str) and is_text(key) for key in value):
            self._refuse(path, "Each key must be text.")
            return {}
        return {str.__str__(key): self._member(item, (*path, str.__str__(key))) for key, item in value.items()}

    def _member(self, value: Any, path: Path) -> Any:
        return None if self._unread and path[self._start :] in self._unread else self.copy(value, path)

    def _refuse(self, path: Path, detail: str) -> None:
        self.findings.append(Finding(path, CODE, detail))


def _hint(value: Any) -> str:
    methods = ("isoformat", "item") if not getattr(value, "ndim", 0) else ("to_dict", "tolist")  # A scalar, an array.
    for method in methods:
        if hasattr(value, method):
            return f" Its {method}() gives one."
    return ""
