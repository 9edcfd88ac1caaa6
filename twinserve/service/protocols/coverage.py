"""Writes intervals and sets as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from twinserve.conformal.coverage import Covered


def written(covered: Covered, labels: Sequence[str]) -> list[str]:
    """The member `interval` or `set` of each row's object; `labels` are those of the classes, as JSON.

    `repr` writes a double so that it reads back as the same. Of a row without an answer it writes what is no JSON; such
    a reply is never sent."""
    if covered.sets:
        head = _head("set", covered.coverage, "labels")
        return [f"{head}[{','.join([labels[code] for code in codes])}]}}" for codes in covered.sets]
    head = _head("interval", covered.coverage, "low")
    return [f'{head}{low!r},"high":{high!r}}}' for low, high in zip(covered.low, covered.high, strict=True)]


@lru_cache(maxsize=100)
def _head(name: str, coverage: float, first: str) -> str:
    """The member's beginning, which is the same for every row; making it takes 0.5 us."""
    return f',"{name}":{{"coverage":{coverage!r},"{first}":'
