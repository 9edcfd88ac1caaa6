"""The texts in a notation, as a regular expression of JSON Schema and in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from twinserve.notations.notation import Form, Notation

# About the texts that are read: no library for JSON Schema need know a calendar, or that brackets come in pairs.
_TIME: Final = (
    r"([Tt ](\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?|\d{1,2}:\d{2}(:\d{2}(\.\d+)?)? ?[AaPp]\.?[Mm]\.?))?"
)
_YEAR_LAST: Final = rf"\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}}{_TIME}"
_NUMBER: Final = r"(\d[\d,'\u00a0\u202f\u2019]*(\.\d*)?|\.\d+)([eE][-+]?\d+)?"
_NUMBER_WITH_COMMA: Final = r"(\d[\d.'\u00a0\u202f\u2019]*(,\d*)?|,\d+)([eE][-+]?\d+)?"
_PATTERNS: Final[Mapping[Form, str]] = {
    "date with the year first": rf"\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}{_TIME}",
    "date with the day first": _YEAR_LAST,
    "date with the month first": _YEAR_LAST,
    "date with a named month": rf"(\d{{1,2}}[ -])?[A-Za-z]{{3,9}}\.?[ -](\d{{1,2}},? )?\d{{4}}{_TIME}",
    "month": r"\d{4}[-/](0[1-9]|1[0-2])",
    "boolean": "[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]",
}
_WORDS: Final[Mapping[Form, str]] = {
    "amount": "a text, with separators of thousands",
    "amount with a decimal comma": "a text with a decimal comma",
    "date with the year first": "a text such as 2012/01/31 or 2012-01-31 13:05",
    "date with the day first": "a text such as 31/01/2012, or 31/01/2012 1:05 PM with its time",
    "date with the month first": "a text such as 01/31/2012, or 01/31/2012 1:05 PM with its time",
    "date with a named month": "a text such as Jan 31, 2012 or 31-Jan-2012",
    "month": "a text such as 2012-01, its first day",
    "time or duration": "a text such as 13:05, 1 days 02:00:00 or 2h 5min",
    "boolean": "the text true or false in any case",
    "any number": "a text, which is null where it is no number",
    "any number with a decimal comma": "a text with a decimal comma, which is null where it is no number",
    "text of a value": "a number or a boolean, which stands for its text",
}


def pattern(notation: Notation) -> str | None:
    """Matches every text that is read, null words included; None where any text may be sent."""
    match notation.form:
        case "amount" | "amount with a decimal comma":
            known: str | None = _amount(notation)
        case form:
            known = _PATTERNS.get(form)
    if known is None:
        return None
    return rf"^\s*({'|'.join([known, *map(_escaped, notation.nulls)])})\s*$"


def words(notation: Notation) -> str | None:
    """What may be sent besides JSON's own way; None where there is nothing to say."""
    if notation.format is not None:
        return f"a {'number or ' * (notation.form == 'date in digits')}text of the form {notation.format}"
    if notation.null_means is not None:
        return f"null, which stands for {notation.null_means}"
    known = _WORDS.get(notation.form)
    if notation.width:
        return f"{known}; digits get zeros in front, up to {notation.width} in all"
    return known if known is None or notation.unit is None else f"{known} and {notation.unit}"


def _amount(notation: Notation) -> str:
    number = _NUMBER if notation.form == "amount" else _NUMBER_WITH_COMMA
    if notation.unit == "%":
        return rf"\(?[-+\u2212]?\s*({number}\s*%|0([.,]0*)?)\)?"
    unit = rf"({_escaped(notation.unit)})?\s*" if notation.unit else ""
    return rf"\(?[-+\u2212]?\s*{unit}[-+\u2212]?\s*{number}\s*{unit}\)?"


def _escaped(text: str) -> str:
    """The text itself, for JSON Schema's regular expressions, in which only some characters may be escaped."""
    return re.sub(r"([\\^$.|?*+()\[\]{}/])", r"\\\1", text)
