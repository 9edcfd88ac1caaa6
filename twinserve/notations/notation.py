"""How a table writes the values of a column, where that is another way than JSON's."""

from __future__ import annotations

import re
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

PLAIN: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
LONGEST: Final = 64
"""Characters of a text that may be a value in one of these notations."""

Form = Literal[
    "amount",
    "amount with a decimal comma",
    "date with the year first",
    "date with the day first",
    "date with the month first",
    "date with a named month",
    "date of a format",
    "date in digits",
    "month",
    "time or duration",
    "boolean",
    "any number",
    "any number with a decimal comma",
    "text of a value",
    "as it is",
]


class Notation(BaseModel):
    """The form of a column's texts, and which of them are null."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Form
    """`any number`: what cannot be read is null. `text of a value`: a number or a boolean stands for its text. `as it
    is`: a text without the blanks around it."""
    width: int = 0
    """Of the text of a whole number, which gets zeros in front as far as that: programs read `007` as 7."""
    unit: str | None = None
    """Of an amount: the currency or `%`."""
    format: str | None = None
    """Of a date, as `strptime` takes it; of one in digits, the number's text has it: `20120131` is of `%Y%m%d`."""
    nulls: tuple[str, ...] = ()
    """Texts that are null, without blanks around them; the empty one, where there were blanks alone."""
    null_means: str | None = None
    """The text that a null stands for: pandas reads `NA` in a CSV file as null, where it is a category."""

    @property
    def null_numbers(self) -> frozenset[float]:
        """The numbers that are null, such as -999."""
        return frozenset(map(float, filter(PLAIN.fullmatch, self.nulls)))
