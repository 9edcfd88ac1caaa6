"""Words that programs and people write for a value that is not known."""

from __future__ import annotations

from typing import Final

WELL_KNOWN: Final = frozenset(
    {"na", "n/a", "#n/a", "#na", "<na>", "nan", "-nan", "null", "none", "nil", "nat", "-", "--", "?", "."}
)
"""In lower case. Null in a column that otherwise holds numbers, dates or booleans; a text elsewhere."""


def is_null_word(text: str) -> bool:
    """Is this one of the words?"""
    return text.strip().casefold() in WELL_KNOWN
