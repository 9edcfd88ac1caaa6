"""Dates with the English name of the month: `Jun 12, 1998`, `12-Jun-1998`, `12 June 1998 13:05`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from twinserve.notations.kind import Kind, Meaning
from twinserve.notations.times import TIME, dates, iso_date

NAMES: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
MONTHS: Final[Mapping[str, str]] = {
    written: str(number) for number, name in enumerate(NAMES, start=1) for written in (name, name[:3])
} | {"sept": "9"}
MONTH_FIRST: Final = re.compile(r"(?P<month>[A-Za-z]{3,9})\.? (?P<day>\d{1,2}),? (?P<year>\d{4})" + TIME, re.ASCII)
DAY_FIRST: Final = re.compile(
    r"(?P<day>\d{1,2})(?P<sep>[ -])(?P<month>[A-Za-z]{3,9})\.?(?P=sep)(?P<year>\d{4})" + TIME, re.ASCII
)


class NamedMonths(Kind):
    """Such dates, of either order."""

    def fits(self, text: str) -> bool:
        """Is this such a date, of the calendar?"""
        return named_month(text) is not None

    def name(self, _: Sequence[str]) -> str:
        """Dates."""
        return "dates"

    def read(self, texts: Sequence[str]) -> Meaning:
        """The dates in ISO 8601."""
        return dates(texts, named_month, "dates", "date with a named month")


def named_month(text: str) -> str | None:
    """The date in ISO 8601, with its time; None where it is no such date."""
    match = MONTH_FIRST.fullmatch(text) or DAY_FIRST.fullmatch(text)
    month = None if match is None else MONTHS.get(match["month"].lower())
    return None if match is None or month is None else iso_date(match, match["year"], month, match["day"])
