"""Writes intervals and sets as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Final

from twinserve.conformal.coverage import Covered

KEPT: Final = 1000
"""Sets whose text is kept: those of few classes come again and again."""


class CoverageWriter:
    """Writes the intervals and sets of one version of a model."""

    def __init__(self, labels: Sequence[str]) -> None:
        """`labels` are those of the classes, as JSON."""
        self._text = lru_cache(maxsize=KEPT)(partial(_written, labels))

    def members(self, covered: Covered) -> list[str]:
        """The member `interval` or `set` of each row's object, with a comma before it; a template of `%`.

        `repr` writes a double so that it reads back as the same. Of a row without an answer it writes what is no JSON;
        such a reply is never sent."""
        if covered.sets:
            return [self._text(covered.coverage, codes) for codes in covered.sets]
        head = f',"interval":{{"coverage":{covered.coverage!r},"low":'
        return [f'{head}{low!r},"high":{high!r}}}' for low, high in zip(covered.low, covered.high, strict=True)]


def _written(labels: Sequence[str], coverage: float, codes: Sequence[int]) -> str:
    listed = ",".join([labels[code] for code in codes]).replace("%", "%%")
    return f',"set":{{"coverage":{coverage!r},"labels":[{listed}]}}'
