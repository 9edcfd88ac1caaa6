"""Dates, months, times of day and durations as people write them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from typing import Final

from twinserve.notations.kind import Kind, Meaning
from twinserve.notations.notation import LONGEST, Form, Notation

CLOCK_TIME: Final = r"(?P<at>[Tt ](?:[01]\d|2[0-3]):[0-5]\d)(?P<seconds>:[0-5]\d(?:\.\d+)?)?"
HALF_DAY: Final = (
    r"[Tt ](?P<hour>0?[1-9]|1[0-2]):(?P<minute>[0-5]\d)(?P<second>:[0-5]\d(?:\.\d+)?)? ?(?P<half>[AaPp])\.?[Mm]\.?"
)
TIME: Final = rf"(?:{CLOCK_TIME}(?P<zone>[Zz]|[+-]\d{{2}}:?\d{{2}})?|{HALF_DAY})?"
"""A time beside a date, of 24 hours or with AM or PM."""
YEAR_FIRST: Final = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + TIME, re.ASCII)
YEAR_LAST: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})" + TIME, re.ASCII)
MONTH: Final = re.compile(r"(\d{4})[-/](0[1-9]|1[0-2])", re.ASCII)
CLOCK: Final = re.compile(r"(\d{1,4}):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?(?:\s*([AaPp])\.?[Mm]\.?)?", re.ASCII)
DAYS: Final = re.compile(r"(-?\d+) days?(?:,? \+?(\d{1,2}):([0-5]\d):([0-5]\d(?:\.\d+)?))?", re.ASCII)
ISO_DURATION: Final = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)
UNITS: Final = re.compile(r"(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*min)?\s*(?:(\d+(?:\.\d+)?)\s*s)?", re.ASCII)
DAY: Final = 86_400
DATE_ALONE: Final = len("2012-01-31")
SECONDS: Final = Notation(form="time or duration")
TOLD: Final = ", as a number beyond 12 tells"


class YearFirst(Kind):
    """Dates with the year first, with or without a time: `2012/01/31`, `2012-01-31 13:05`, `2012/1/31 1:05 PM`."""

    def fits(self, text: str) -> bool:
        """Is this such a date, of the calendar?"""
        return year_first(text) is not None

    def name(self, _: Sequence[str]) -> str:
        """Dates."""
        return "dates"

    def read(self, texts: Sequence[str]) -> Meaning:
        """The dates in ISO 8601."""
        return dates(texts, year_first, "dates", "date with the year first")


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
        if any(len(match[4]) == 2 for text in texts if (match := YEAR_LAST.fullmatch(text))):
            return "looks like dates, whose years have two digits"
        is_day_first = all(day_first(text) is not None for text in texts)
        if is_day_first == all(month_first(text) is not None for text in texts):
            return "looks like dates, of which nothing tells whether the day or the month is first"
        if is_day_first:
            return dates(texts, day_first, f"dates with the day first{TOLD}", "date with the day first")
        return dates(texts, month_first, f"dates with the month first{TOLD}", "date with the month first")


class Months(Kind):
    """Months, such as `1949-01`."""

    def fits(self, text: str) -> bool:
        """Is this a month?"""
        return month(text) is not None

    def name(self, _: Sequence[str]) -> str:
        """Months."""
        return "months"

    def read(self, texts: Sequence[str]) -> Meaning:
        """The first day of each month."""
        values = tuple(value for text in texts if (value := month(text)) is not None)
        return Meaning(
            values,
            "months, read as their first days (--category keeps them as they are)",
            (True,) * len(texts),
            Notation(form="month"),
        )


class Clock(Kind):
    """Times of day, `13:05`, `1:05 PM`; or, where the hours go beyond a day, durations, `36:00:00`."""

    def fits(self, text: str) -> bool:
        """Is this a time?"""
        return clock(text) is not None

    def name(self, _: Sequence[str]) -> str:
        """Times."""
        return "times"

    def read(self, texts: Sequence[str]) -> Meaning:
        """Seconds."""
        values = tuple(seconds for text in texts if (seconds := clock(text)) is not None)
        of_day = all(value < DAY for value in values)
        what, unit = ("times of day", "seconds since midnight") if of_day else ("durations", "seconds")
        return Meaning(values, f"{what}, read as {unit}", (True,) * len(texts), SECONDS, unit)


class Durations(Kind):
    """Durations, `1 days 02:00:00`, `PT1H30M`, `2h 5min`."""

    def fits(self, text: str) -> bool:
        """Is this a duration?"""
        return duration(text) is not None

    def name(self, _: Sequence[str]) -> str:
        """Durations."""
        return "durations"

    def read(self, texts: Sequence[str]) -> Meaning:
        """Seconds."""
        values = tuple(seconds for text in texts if (seconds := duration(text)) is not None)
        return Meaning(values, "durations, read as seconds", (True,) * len(texts), SECONDS, "seconds")


def year_first(text: str) -> str | None:
    """The date in ISO 8601, with its time; None where it is no such date, as in the functions below."""
    match = YEAR_FIRST.fullmatch(text)
    return None if match is None else iso_date(match, match[1], match[3], match[4])


def day_first(text: str) -> str | None:
    """Of `31/12/2012`."""
    match = YEAR_LAST.fullmatch(text)
    return None if match is None or len(match[4]) == 2 else iso_date(match, match[4], match[3], match[1])


def month_first(text: str) -> str | None:
    """Of `12/31/2012`."""
    match = YEAR_LAST.fullmatch(text)
    return None if match is None or len(match[4]) == 2 else iso_date(match, match[4], match[1], match[3])


def month(text: str) -> str | None:
    """The first day of a month."""
    is_month = MONTH.fullmatch(text) is not None and not text.startswith("0000")
    return f"{text[:4]}-{text[5:]}-01" if is_month else None


def clock(text: str) -> float | None:
    """The seconds of a time."""
    match = CLOCK.fullmatch(text)
    if match is None or (match[4] and not 1 <= int(match[1]) <= 12):
        return None
    hour = _hour(match[1], match[4]) if match[4] else int(match[1])
    return _total(0, hour, match[2], match[3])


def duration(text: str) -> float | None:
    """The seconds of a duration."""
    if len(text) > LONGEST:
        return None
    if match := DAYS.fullmatch(text):
        return _total(*match.groups())
    if (match := ISO_DURATION.fullmatch(text)) and text[-1] not in "PT":
        return (-1 if match[1] else 1) * _total(*match.groups()[1:])
    match = UNITS.fullmatch(text)
    if match and (match[3] or sum(part is not None for part in match.groups()) > 1):  # `3d` may be a code.
        return _total(*match.groups())
    return None


def iso_date(match: re.Match[str], year: str, month: str, day: str) -> str | None:
    """The date and its time as RFC 3339 has them, with seconds, and with a colon in the offset; `match` has the groups
    of `TIME`. None where it is no date of the calendar."""
    if not _is_date(year, month, day):
        return None
    date, zone = f"{year}-{month:0>2}-{day:0>2}", match["zone"] or ""
    if match["half"] is not None:
        return f"{date} {_hour(match['hour'], match['half']):02}:{match['minute']}{match['second'] or ':00'}"
    if match["at"] is None:
        return date
    return date + match["at"] + (match["seconds"] or ":00") + (f"{zone[:3]}:{zone[3:]}" if len(zone) == 5 else zone)


def _hour(hour: str, half: str) -> int:
    return int(hour) % 12 + 12 * (half in "Pp")


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        datetime.date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def dates(texts: Sequence[str], read: Callable[[str], str | None], what: str, form: Form) -> Meaning:
    """The meaning of texts, each of which `read` makes a date."""
    values = tuple(value for text in texts if (value := read(text)) is not None)
    spelled = tuple(value != text for value, text in zip(values, texts, strict=True))
    if not any(spelled) and len({len(value) == DATE_ALONE for value in values}) > 1:
        spelled = tuple(len(value) == DATE_ALONE for value in values)  # `2012-01-31` among dates with times.
        return Meaning(values, f"{what} without a time, read as their midnight in UTC", spelled, Notation(form=form))
    return Meaning(values, f"{what}, read as YYYY-MM-DD", spelled, Notation(form=form))


def _total(days: str | int | None, hours: str | int | None, minutes: str | None, seconds: str | None) -> float:
    return DAY * int(days or 0) + 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds or 0)
