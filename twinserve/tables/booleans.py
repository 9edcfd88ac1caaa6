"""Booleans as texts."""

from __future__ import annotations

from collections.abc import Sequence

from twinserve.tables.meaning import Kind, Meaning


class Booleans(Kind):
    """`true` and `false` in any case."""

    def fits(self, text: str) -> bool:
        """Is this one of them?"""
        return text.casefold() in ("true", "false")

    def name(self, _: Sequence[str]) -> str:
        """Nothing: what is neither true nor false is a class of its own, and no mistake."""
        return ""

    def read(self, texts: Sequence[str]) -> Meaning:
        """The booleans."""
        return Meaning(tuple(text.casefold() == "true" for text in texts), "booleans", (False,) * len(texts))
