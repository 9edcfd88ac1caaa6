"""Dates, months, times of day and durations as people write them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from typing import Final

from twinserve.tables.meaning import Kind, Meaning

TIME: Final = r"(?P<rest>[Tt ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:[Zz]|[+-]\d{2}:?\d{2})?)?"
YEAR_FIRST: Final = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + TIME, re.ASCII)
YEAR_LAST: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})" + TIME, re.ASCII)
MONTH: Final = re.compile(r"(\d{4})[-/](0[1-9]|1[0-2])", re.ASCII)
CLOCK: Final = re.compile(r"(\d{1,4}):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?(?:\s*([AaPp])\.?[Mm]\.?)?", re.ASCII)
DAYS: Final = re.compile(r"(-?\d+) days?(?:,? \+?(\d{1,2}):([0-5]\d):([0-5]\d(?:\.\d+)?))?", re.ASCII)
ISO_DURATION: Final = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)
UNITS: Final = re.compile(r"(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*min)?\s*(?:(\d+(?:\.\d+)?)\s*s)?", re.ASCII)
DAY: Final = 86_400


class YearFirst(Kind):
    """Dates with the year first, with or without a time: `2012/01/31`, `2012-01-31 13:05`."""

    def fits(self, text: str) -> bool:
        """Is this such a date, of the calendar?"""
        match = YEAR_FIRST.fullmatch(text)
        return match is not None and _is_date(match[1], match[3], match[4])

    def name(self, _: Sequence[str]) -> str:
        """Dates."""
        return "dates"

    def read(self, texts: Sequence[str]) -> Meaning:
        """The dates in ISO 8601."""
        matches = [match for text in texts if (match := YEAR_FIRST.fullmatch(text))]
        return _dates(texts, [(match[1], match[3], match[4], match["rest"]) for match in matches], "dates")


class YearLast(Kind):
    """Dates with the year last, such as `31/12/2012`; which of the others is the day, a day beyond 12 tells."""

    def fits(self, text: str) -> bool:
        """Is this such a date, one way or the other?"""
        match = YEAR_LAST.fullmatch(text)
        if match is None or (len(match[4]) == 2 and match[2] != "/"):  # `1.2.10` is rather a version.
            return False
        return _is_date("2000", match[3], match[1]) or _is_date("2000", match[1], match[3])

    def name(self, _: Sequence[str]) -> str:
        """Dates."""
        return "dates"

    def read(self, texts: Sequence[str]) -> Meaning | str:
        """The dates in ISO 8601, or why they are ambiguous."""
        matches = [match for text in texts if (match := YEAR_LAST.fullmatch(text))]
        if any(len(match[4]) == 2 for match in matches):
            return "looks like dates, whose years have two digits"
        day_first = [_is_date(match[4], match[3], match[1]) for match in matches]
        month_first = [_is_date(match[4], match[1], match[3]) for match in matches]
        if all(day_first) == all(month_first):
            return "looks like dates, of which nothing tells whether the day or the month is first"
        day, month = (1, 3) if all(day_first) else (3, 1)
        what = f"dates with the {'day' if day == 1 else 'month'} first, as a number beyond 12 tells"
        parts = [(match[4], match[month], match[day], match["rest"]) for match in matches]
        return _dates(texts, parts, what)


class Months(Kind):
    """Months, such as `1949-01`."""

    def fits(self, text: str) -> bool:
        """Is this a month?"""
        return MONTH.fullmatch(text) is not None and not text.startswith("0000")

    def name(self, _: Sequence[str]) -> str:
        """Months."""
        return "months"

    def read(self, texts: Sequence[str]) -> Meaning:
        """The first day of each month."""
        values = tuple(f"{text[:4]}-{text[5:]}-01" for text in texts)
        return Meaning(values, "months, read as their first days", (True,) * len(texts))


class Clock(Kind):
    """Times of day, `13:05`, `1:05 PM`; or, where the hours go beyond a day, durations, `36:00:00`."""

    def fits(self, text: str) -> bool:
        """Is this a time?"""
        match = CLOCK.fullmatch(text)
        return match is not None and not (match[4] and not 1 <= int(match[1]) <= 12)

    def name(self, _: Sequence[str]) -> str:
        """Times."""
        return "times"

    def read(self, texts: Sequence[str]) -> Meaning:
        """Seconds."""
        values = tuple(_seconds(match) for text in texts if (match := CLOCK.fullmatch(text)))
        of_day = all(value < DAY for value in values)
        what, unit = ("times of day", "seconds since midnight") if of_day else ("durations", "seconds")
        return Meaning(values, f"{what}, read as {unit}", (True,) * len(texts), unit)


class Durations(Kind):
    """Durations, `1 days 02:00:00`, `PT1H30M`, `2h 5min`."""

    def fits(self, text: str) -> bool:
        """Is this a duration?"""
        return _duration(text) is not None

    def name(self, _: Sequence[str]) -> str:
        """Durations."""
        return "durations"

    def read(self, texts: Sequence[str]) -> Meaning:
        """Seconds."""
        values = tuple(seconds for text in texts if (seconds := _duration(text)) is not None)
        return Meaning(values, "durations, read as seconds", (True,) * len(texts), "seconds")


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        datetime.date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _dates(texts: Sequence[str], parts: Sequence[tuple[str, str, str, str | None]], what: str) -> Meaning:
    values = tuple(f"{year}-{month:0>2}-{day:0>2}{rest or ''}" for year, month, day, rest in parts)
    spelled = tuple(value != text for value, text in zip(values, texts, strict=True))
    return Meaning(values, f"{what}, read as YYYY-MM-DD", spelled)


def _seconds(match: re.Match[str]) -> float:
    hour = int(match[1])
    if match[4]:
        hour = hour % 12 + 12 * (match[4] in "Pp")
    return _total(0, hour, match[2], match[3])


def _total(days: str | int | None, hours: str | int | None, minutes: str | None, seconds: str | None) -> float:
    return DAY * int(days or 0) + 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds or 0)


def _duration(text: str) -> float | None:
    if match := DAYS.fullmatch(text):
        return _total(*match.groups())
    if (match := ISO_DURATION.fullmatch(text)) and text[-1] not in "PT":
        return (-1 if match[1] else 1) * _total(*match.groups()[1:])
    match = UNITS.fullmatch(text)
    if match and (match[3] or sum(part is not None for part in match.groups()) > 1):  # `3d` may be a code.
        return _total(*match.groups())
    return None
