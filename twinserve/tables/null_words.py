"""Words that programs and people write for a value that is not known."""

from __future__ import annotations

from typing import Final

WELL_KNOWN: Final = frozenset(
    {"na", "n/a", "#n/a", "#na", "<na>", "nan", "-nan", "null", "none", "nil", "nat", "-", "--", "?", "."}
)
"""In lower case. Null in a column that otherwise holds numbers, dates or booleans; a text elsewhere."""
NULL_OF_PANDAS: Final = frozenset(
    {"#N/A", "#NA", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null", "-nan", "-NaN"}
)
"""Those that `pandas.read_csv` reads as null in every column, unless it is told otherwise."""


def is_null_word(text: str) -> bool:
    """Is this one of the words?"""
    return text.strip().casefold() in WELL_KNOWN
