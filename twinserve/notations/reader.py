"""A caller's text read as training read the table's, and the texts that are read, as a pattern."""

from __future__ import annotations

import datetime
import math
import sys
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Final

from twinserve.notations.amounts import Amounts
from twinserve.notations.booleans import boolean_of
from twinserve.notations.named_months import named_month
from twinserve.notations.notation import LONGEST, Form, Notation
from twinserve.notations.times import clock, day_first, duration, month, month_first, year_first

Reader = Callable[[Any], Any]
"""From a JSON value to the value that it stands for. What cannot be read stays, and meets the rules of the feature."""
Read = Callable[[str], "bool | float | str | None"]
"""The value of a text without blanks around it; None where it is none."""
WITH_POINT, WITH_COMMA = Amounts(comma=False), Amounts(comma=True)


def reader(notation: Notation) -> Reader:
    """How a caller's values are read."""
    read, numbers = _reader(notation), notation.null_numbers
    if not numbers:
        return read
    return lambda value: None if type(value) in (int, float) and value in numbers else read(value)


def _reader(notation: Notation) -> Reader:
    nulls = frozenset(notation.nulls)
    if notation.form == "text of a value":
        return lambda value: _text_or_null(value, notation.width, nulls)
    if notation.form in ("any number", "any number with a decimal comma"):
        is_comma = notation.form == "any number with a decimal comma"
        return lambda value: value if type(value) is not str else _number_or_null(value, nulls, decimal_comma=is_comma)
    if notation.form == "date in digits":
        return lambda value: _date_or_null(value, notation.format or "", nulls)
    read = _read(notation)

    def value_of(value: Any) -> Any:
        if type(value) is not str:
            return notation.null_means if value is None else value
        text = value.strip()
        if text in nulls:
            return None
        known = read(text) if len(text) <= LONGEST or notation.form == "as it is" else None
        return value if known is None else known

    return value_of


def text_of_value(value: Any) -> Any:
    """The text of a boolean or a number, as of a label: `true` and `1`, not `True` and `1.0`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    return str(value) if isinstance(value, int) else value


def _text_or_null(value: Any, width: int, nulls: Collection[str]) -> Any:
    """The text of a value, or null; a list, an object and a number beyond a double's stay what they are.

    A text of digits gets its zeros, too: a program that read `00123` as a number writes it into a CSV file as `123`."""
    if isinstance(value, str):
        text = value.strip()
    elif isinstance(value, (int, float)) and abs(value) <= sys.float_info.max:
        text = text_of_value(value)
    else:
        return value
    whole = text.zfill(width) if text.isdecimal() else text
    return None if text in nulls or whole in nulls else whole


def _date_or_null(value: Any, form: str, nulls: Collection[str]) -> Any:
    """The date of a number or a text, or null; what is no date of this format stays what it is."""
    text = text_of_value(value) if isinstance(value, (int, float)) and abs(value) <= sys.float_info.max else value
    if not isinstance(text, str):
        return value
    text = text.strip()
    known = _of_format(text, form) if len(text) <= LONGEST else None
    return None if text in nulls else value if known is None else known


def _number_or_null(text: str, nulls: Collection[str], *, decimal_comma: bool) -> float | None:
    return None if text.strip() in nulls else any_number(text, decimal_comma=decimal_comma)


def any_number(text: str, *, decimal_comma: bool = False) -> float | None:
    """The number of a text, also of an amount in any unit; None for any other text, and for one that is not finite."""
    text = text.strip()
    if len(text) > LONGEST or "_" in text:
        return None
    try:
        number = WITH_COMMA.number(text) if decimal_comma else float(text)
    except ValueError:
        number = WITH_POINT.number(text)
    return number if number is not None and math.isfinite(number) else None


def _read(notation: Notation) -> Read:
    match notation.form:
        case "amount":
            return partial(WITH_POINT.value_of, unit=notation.unit)
        case "amount with a decimal comma":
            return partial(WITH_COMMA.value_of, unit=notation.unit)
        case "date of a format":
            return partial(_of_format, form=notation.format or "")
        case form:
            return READERS[form]


def _of_format(text: str, form: str) -> str | None:
    try:
        return datetime.datetime.strptime(text, form).isoformat()
    except ValueError:
        return None


def _seconds(text: str) -> float | None:
    seconds = clock(text)
    return duration(text) if seconds is None else seconds


READERS: Final[Mapping[Form, Read]] = {
    "date with the year first": year_first,
    "date with the day first": day_first,
    "date with the month first": month_first,
    "date with a named month": named_month,
    "month": month,
    "time or duration": _seconds,
    "boolean": boolean_of,
    "as it is": str,
}
