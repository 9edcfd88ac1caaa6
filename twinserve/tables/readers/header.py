"""Whether the first line of a file names its columns."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Final

from twinserve.tables.null_words import is_null_word

VALUE: Final = re.compile(r"\s*[-+]?[$€£]?\d[\d.,]*([eE][-+]?\d+)?\s*%?\s*|\s*\d{4}[-/]\d\d[-/]\d\d.*")
"""A number or a date, as people write them."""


def names_columns(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Does the first line name the columns? Not if it has a value wherever a column holds values, and has some.

    Different years, or whole numbers that follow each other, are names: there is one column for each of them.
    """
    valued = [place for place in range(len(first)) if _holds_values([row[place] for row in rows if place < len(row)])]
    if not valued or not all(VALUE.fullmatch(first[place]) for place in valued):
        return True
    numbers = [int(text) for place in valued if (text := first[place].strip()).isdecimal()]
    follow = all(after - before == 1 for before, after in itertools.pairwise(numbers))
    years = len(set(numbers)) == len(numbers) and all(1900 <= number <= 2100 for number in numbers)
    return len(numbers) == len(valued) >= 2 and (follow or years)


def _holds_values(cells: Sequence[str]) -> bool:
    given = [cell for cell in cells if cell.strip() and not is_null_word(cell)]
    return bool(given) and all(VALUE.fullmatch(cell) for cell in given)
