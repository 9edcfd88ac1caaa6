"""Numbers as people write them: with a currency, a percent sign, separators of thousands or a decimal comma."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from twinserve.arrays import EXACT
from twinserve.notations.kind import Kind, Meaning
from twinserve.notations.notation import LONGEST, Notation

SIGNS: Final = "$€£¥₹₩₽₺₫฿₴₪₦₱₡₲₵₸₼"
CODES: Final = "USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR|TRY|KRW|SGD|HKD"
CURRENCY: Final = rf"[{SIGNS}]|US\$|R\$|{CODES}"
PLAIN: Final = r"[-+]?[\d.]+([eE][-+]?\d+)?"
APART: Final = "['\u00a0\u202f’]"
"""What else stands between thousands."""
GROUPS: Final = (rf",|{APART}", rf"\.|{APART}")
"""By whether the comma is the decimal point: what stands between thousands."""


def _pattern(point: str, separator: str) -> re.Pattern[str]:
    grouped = rf"[1-9]\d{{0,2}}(?:(?:{separator}|{APART})\d{{3}})+(?:{point}\d*)?"
    number = rf"(?P<number>{grouped}|\d+(?:{point}\d*)?(?:[eE][+-]?\d+)?|{point}\d+)"
    return re.compile(
        rf"(?P<open>\()?(?P<sign>[-+\u2212])?\s*(?P<before>{CURRENCY})?\s*(?P<inner>[-+\u2212])?\s*{number}"
        rf"\s*(?P<after>{CURRENCY}|%)?(?P<close>\))?",
        re.ASCII,
    )


WITH_POINT: Final = _pattern(r"\.", ",")
WITH_COMMA: Final = _pattern(",", r"\.")


class Amounts(Kind):
    """Numbers in one spelling, with the same unit in all of them."""

    def __init__(self, *, comma: bool) -> None:
        self._comma, self._pattern = comma, WITH_COMMA if comma else WITH_POINT
        self._fraction = "[,eE]" if comma else "[.eE]"

    def fits(self, text: str) -> bool:
        """Is this a number in this spelling?"""
        match = self._match(text)
        return match is not None and _is_consistent(match)

    def value_of(self, text: str, unit: str | None) -> float | None:
        """The number of a text in this unit, or without one; None where it is none."""
        match = self._match(text)
        if match is None or not _is_consistent(match) or _unit(match) not in (unit or "", ""):
            return None
        value = self._value(match)
        return None if unit == "%" and value and not _unit(match) else value

    def number(self, text: str) -> float | None:
        """The number of a text, whatever its unit; None where it is none."""
        match = self._match(text)
        return None if match is None or not _is_consistent(match) else self._value(match)

    def _match(self, text: str) -> re.Match[str] | None:
        return self._pattern.fullmatch(text) if len(text) <= LONGEST else None

    def name(self, texts: Sequence[str]) -> str:
        """What most of the texts are."""
        units = [_unit(match) for text in texts if (match := self._match(text))]
        most = max(set(units), key=units.count, default="")
        return "percentages" if most == "%" else "money" if most else "numbers"

    def read(self, texts: Sequence[str]) -> Meaning | str | None:
        """The numbers; a sentence where their units differ, None for codes such as `007`."""
        matches = [match for text in texts if (match := self._match(text))]
        units = {_unit(match) for match in matches} - {""}
        if len(units) > 1:
            return f"holds amounts in different units ({', '.join(sorted(units))})"
        unit = units.pop() if units else None
        if unit == "%" and not all(_unit(match) or self._value(match) == 0 for match in matches):
            return "holds percentages and plain numbers"
        if unit is None and any(re.match(r"0\d", match["number"]) for match in matches):
            return None
        values = tuple(self._value(match) for match in matches)
        spelled = tuple(not re.fullmatch(PLAIN, text) or (self._comma and "." in text) for text in texts)
        whole = unit is None and not any(re.search(self._fraction, text) for text in texts) and _are_exact(values)
        notation = Notation(form="amount with a decimal comma" if self._comma else "amount", unit=unit)
        return Meaning(values, self._how(unit, matches), spelled, notation, unit, whole)

    def _how(self, unit: str | None, matches: Sequence[re.Match[str]]) -> str:
        if unit == "%":
            return "percentages, read as the number before the sign"
        if unit is not None:
            return f"amounts in {unit}, read as numbers"
        if self._comma and any("," in match["number"] for match in matches):
            return "numbers with a decimal comma"
        if any(re.search(GROUPS[self._comma], match["number"]) for match in matches):
            return "numbers with separators of thousands"
        return "numbers with a sign in front, or in brackets"

    def _value(self, match: re.Match[str]) -> float:
        number = re.sub(APART, "", match["number"])
        number = number.replace(".", "").replace(",", ".") if self._comma else number.replace(",", "")
        negative = match["open"] or "-" in _signs(match) or "\u2212" in _signs(match)
        return -float(number) if negative else float(number)


def _are_exact(values: Sequence[float]) -> bool:
    return all(abs(value) < EXACT for value in values)


def _signs(match: re.Match[str]) -> str:
    return (match["sign"] or "") + (match["inner"] or "")


def _unit(match: re.Match[str]) -> str:
    return match["before"] or match["after"] or ""


def _is_consistent(match: re.Match[str]) -> bool:
    """One unit and one sign at most, and brackets in pairs, which mean a negative amount."""
    return (
        not (match["before"] and match["after"])
        and len(_signs(match)) <= 1
        and (match["open"] is None) == (match["close"] is None)
    )
