"""The texts of a column, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinserve.arrays import IntArray


@dataclass(frozen=True)
class Texts:
    """The distinct texts of a column, without blanks around them, and the text of each row."""

    distinct: list[str]
    codes: IntArray
    """By row: the place of its text, -1 for null."""

    def count(self, places: Sequence[int]) -> int:
        """The number of rows that have one of the texts at these places."""
        return int(self.rows(places).sum())

    def rows(self, places: Sequence[int]) -> Any:
        """Which rows have one of them, `[n]`."""
        chosen = np.zeros(len(self.distinct) + 1, dtype=bool)  # The last is null's.
        chosen[list(places)] = True
        return chosen[self.codes]


def quoted(texts: Texts, words: Sequence[int]) -> str:
    """The texts at these places, for a note."""
    return " and ".join(sorted(repr(texts.distinct[place]) for place in words))
