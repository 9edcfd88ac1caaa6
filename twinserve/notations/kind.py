"""What the texts of a column may mean."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from twinserve.notations.notation import Notation


@dataclass(frozen=True)
class Meaning:
    """A value for each of some texts, and how they were read."""

    values: tuple[bool | float | str, ...]
    """All booleans, all numbers, or all texts, such as dates in ISO 8601."""
    how: str
    """What was read how, for a note that begins with a count of cells."""
    spelled: tuple[bool, ...]
    """Which texts are written in another way than their values are."""
    notation: Notation
    unit: str | None = None
    whole: bool = False
    """Are these whole numbers that stay whole, as counts do and amounts of a unit do not?"""

    @property
    def is_text(self) -> bool:
        """Are the values texts?"""
        return any(isinstance(value, str) for value in self.values)

    @property
    def is_boolean(self) -> bool:
        """Are the values booleans?"""
        return all(isinstance(value, bool) for value in self.values)


class Kind(ABC):
    """A kind of value, with the spellings in which it is read."""

    @abstractmethod
    def fits(self, text: str) -> bool:
        """Is this text one of the kind?"""

    @abstractmethod
    def name(self, texts: Sequence[str]) -> str:
        """What these texts are, most of which fit; empty if no column should be called so."""

    @abstractmethod
    def read(self, texts: Sequence[str]) -> Meaning | str | None:
        """What the texts mean, all of which fit. A sentence on the column where they cannot be read together; None
        where they are meant otherwise, as the code `007` is."""
