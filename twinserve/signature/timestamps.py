"""Dates and datetimes: what callers write, and the days or seconds since 1970 (UTC) that columns hold.

Beside RFC 3339 callers may write what pandas and Polars write: a space for the `T`, a date as its midnight, and
milliseconds since 1970 (UTC) as an integer.
"""

from __future__ import annotations

import datetime
import re
from typing import Any, Final

from twinserve.signature.signature import Feature, FeatureType

EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

_HOUR_MINUTE: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]"
# Exactly the days of the calendar from the year 1 to 9999. Callers get these patterns in the JSON Schema, so they have
# no lookahead, which not every library supports.
_YEAR: Final = r"([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_LEAP_YEAR: Final = r"([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)"
_DAY: Final = r"(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31"
_DATE: Final = rf"({_YEAR}-({_DAY})|{_LEAP_YEAR}-02-29)"
DATE_PATTERN: Final = rf"{_DATE}([Tt ]00:00:00(\.0{{1,9}})?([Zz]|\+00:00)?)?"
DATETIME_PATTERN: Final = rf"{_DATE}[Tt ]{_HOUR_MINUTE}:[0-5][0-9](\.[0-9]{{1,9}})?([Zz]|[+-]{_HOUR_MINUTE})?"
_WRITTEN_DATE, _WRITTEN_DATETIME = re.compile(DATE_PATTERN), re.compile(DATETIME_PATTERN)
DAY: Final = 86_400_000
"""Milliseconds."""
FIRST, LAST = -62_135_596_800_000, 253_402_300_799_999
"""The first and the last millisecond of the calendar: the years 1 to 9999."""


def days_of(value: Any) -> float:
    """The days that a column holds for a date as a caller wrote it; raises ValueError for what is none."""
    if isinstance(value, str):
        if _WRITTEN_DATE.fullmatch(value) is None:
            raise ValueError
        return float((datetime.date.fromisoformat(value[:10]) - EPOCH.date()).days)
    day, rest = divmod(_milliseconds(value), DAY)
    if rest:
        raise ValueError
    return float(day)


def seconds_of(value: Any) -> float:
    """The seconds that a column holds for a datetime as a caller wrote it; raises ValueError for what is none."""
    if not isinstance(value, str):
        return _milliseconds(value) / 1000
    if _WRITTEN_DATETIME.fullmatch(value) is None:
        raise ValueError
    instant = datetime.datetime.fromisoformat(value.upper())
    aware = instant if instant.tzinfo else instant.replace(tzinfo=datetime.UTC)
    return (aware - EPOCH).total_seconds()


def _milliseconds(value: int | float) -> int:
    if not (FIRST <= value <= LAST and value == int(value)):
        raise ValueError
    return int(value)


def date_text(days: float) -> str:
    """The date that a column holds as `days`, as a caller writes it."""
    return (EPOCH + datetime.timedelta(days=days)).date().isoformat()


def datetime_text(seconds: float) -> str:
    """The datetime that a column holds as `seconds`, as a caller writes it, in UTC."""
    return (EPOCH + datetime.timedelta(seconds=seconds)).isoformat()


def seen_bounds(feature: Feature) -> tuple[float | str | None, float | str | None]:
    """The least and the greatest value that training saw, as a caller writes them; None if training saw none."""
    low, high = (_written(feature.type, bound) for bound in (feature.seen.minimum, feature.seen.maximum))
    return low, high


def _written(kind: FeatureType, bound: float | None) -> float | str | None:
    if bound is None:
        return None
    match kind:
        case FeatureType.DATE:
            return date_text(bound)
        case FeatureType.DATETIME:
            return datetime_text(bound)
        case _:
            return bound
