"""Results for short texts that are kept, as most words occur again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

MOST: Final = 20_000
"""Texts whose results are kept: up to 20 MB with the n-grams of words."""
LONGEST: Final = 32

Result = TypeVar("Result")


class Kept(dict[str, Result]):
    """What a function makes of each text, kept for the short ones until there are too many.

    Safe to share between threads: what two of them make at a time is only made twice."""

    def __init__(self, make: Callable[[str], Result]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, text: str) -> Result:
        """Make it."""
        made = self._make(text)
        if len(text) <= LONGEST:
            if len(self) >= MOST:
                self.clear()
            self[text] = made
        return made
