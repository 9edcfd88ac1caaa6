"""Booleans as texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from twinserve.notations.kind import Kind, Meaning
from twinserve.notations.notation import Notation

BOOLEANS: Final = {"true": True, "false": False}


class Booleans(Kind):
    """`true` and `false` in any case."""

    def fits(self, text: str) -> bool:
        """Is this one of them?"""
        return boolean_of(text) is not None

    def name(self, _: Sequence[str]) -> str:
        """Nothing: what is neither true nor false is a class of its own, and no mistake."""
        return ""

    def read(self, texts: Sequence[str]) -> Meaning:
        """The booleans."""
        values = tuple(text.casefold() == "true" for text in texts)
        return Meaning(values, "booleans", (False,) * len(texts), Notation(form="boolean"))


def boolean_of(text: str) -> bool | None:
    """The boolean; None where it is none."""
    return BOOLEANS.get(text.casefold())
