"""What the person who trains says of the columns of a table: which are no features, what others hold, which weighs."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from twinserve.errors import AskedWrongly
from twinserve.signature.signature import TEXTUAL, FeatureType
from twinserve.signature.sources.given_type import GivenType

if TYPE_CHECKING:
    from twinserve.recipes.split import Split

Names = str | Sequence[str]
"""Columns; one alone, or several with commas between them, may be one text."""
ALL: Final = "all"
TYPES: Final = {
    "category": FeatureType.CATEGORY,
    "number": FeatureType.NUMBER,
    "text": FeatureType.STRING,
    "date": FeatureType.DATE,
}
LEFT_OUT: Final = {
    "drop": "training was told to leave it out",
    "id": "it is an identifier",
    "weight": "it is the weight of a row",
}
"""Why a column is no feature, by the choice."""
MOST_LISTED: Final = 20


class NoSuchColumn(AskedWrongly):
    """The table has no column of this name."""


@dataclass(frozen=True)
class ColumnChoices:
    """Columns by what is said of them; each is an option of `twinserve train` and an argument of `fit`."""

    drop: Names = ()
    """No features."""
    id: Names = ()
    """Identifiers, which are no features."""
    category: Names = ()
    number: Names = ()
    text: Names = ()
    """Free text."""
    date: Names | Mapping[str, str | None] = ()
    """Dates, or dates with times; a mapping (or `day=%d.%m.%Y`) names the format in which the table has them, as
    `strptime` takes it."""
    nullable: Names = ()
    """The contract allows null though training saw none; `all` for all columns."""
    weight: str | None = None
    """The weight of a row, which is no feature."""

    def among(self, columns: Sequence[str], *, decimal_comma: bool = False) -> Chosen:
        """The choices for these columns of a table, which may write numbers with a decimal comma; raises
        `NoSuchColumn`, and `AskedWrongly` for two that exclude each other."""
        named: dict[str, str] = {}
        types: dict[str, GivenType] = {}
        for choice in (*LEFT_OUT, *TYPES):
            for name, form in self._named(choice, columns):
                if named.setdefault(name, choice) != choice:
                    raise AskedWrongly(f"--{named[name]} and --{choice} of {name!r} exclude each other; give one.")
                if choice in TYPES:
                    types[name] = GivenType(TYPES[choice], form, decimal_comma)
        aside = {name: choice for name, choice in named.items() if choice in LEFT_OUT}
        return Chosen(aside, types, self._nullable(columns, aside))

    def _nullable(self, columns: Sequence[str], aside: Mapping[str, str]) -> frozenset[str]:
        if self.nullable in (ALL, [ALL], (ALL,)):
            return frozenset(columns)
        names = [name for name, _ in self._named("nullable", columns)]
        for name in names:
            if name in aside:
                raise AskedWrongly(f"--{aside[name]} and --nullable of {name!r} exclude each other; give one.")
        return frozenset(names)

    def _named(self, choice: str, columns: Sequence[str]) -> Iterator[tuple[str, str | None]]:
        """The columns of one choice, and for dates the format."""
        given = getattr(self, choice)
        if isinstance(given, Mapping):
            yield from ((_known(name, choice, columns), form) for name, form in given.items())
            return
        for text in [given] if isinstance(given, str) else given or ():
            if text not in columns and choice == "date" and "=" in text:
                name, _, form = text.partition("=")
                yield _known(name, choice, columns), form or None
            elif text in columns or choice == "weight":
                yield _known(text, choice, columns), None
            else:
                yield from ((_known(name.strip(), choice, columns), None) for name in text.split(","))


@dataclass(frozen=True)
class Chosen:
    """Choices whose columns a table has."""

    aside: Mapping[str, str]
    """By column that is no feature, the choice that says so: a key of `LEFT_OUT`."""
    types: Mapping[str, GivenType]
    nullable: frozenset[str]

    @property
    def left_out(self) -> Mapping[str, str]:
        """Why a column is no feature, by its name."""
        return {name: LEFT_OUT[choice] for name, choice in self.aside.items()}

    @property
    def literal(self) -> Collection[str]:
        """The columns whose cells the type takes as they are written: texts, and dates in a format of their own."""
        return [name for name, given in self.types.items() if given.type in TEXTUAL or given.format is not None]

    @property
    def weight(self) -> str | None:
        """The column that weighs the rows."""
        return next((name for name, choice in self.aside.items() if choice == "weight"), None)

    def require_apart(self, target: str, split: Split) -> None:
        """Raise `AskedWrongly` where a choice is of the target, or makes a feature of the group."""
        if target in {**self.aside, **self.types}:
            raise AskedWrongly(f"{target!r} is the target, so nothing else can be said of it.")
        if split.group in self.types or (split.group is not None and split.group == self.weight):
            raise AskedWrongly(f"{split.group!r} is the group of a row, so nothing else can be said of it.")


EVERY_CHOICE: Final = tuple(field.name for field in fields(ColumnChoices))
"""The names of the options."""
NO_CHOICES: Final = ColumnChoices()


def no_such_column(name: str, columns: Sequence[str], option: str = "") -> NoSuchColumn:
    """The error for a name that no column has, with the names that are near, or else those that there are."""
    close = difflib.get_close_matches(name, columns, n=3)
    if close and close[0] != name:
        advice = f"did you mean {' or '.join(map(repr, close))}?"
    else:
        more = f" and {len(columns) - MOST_LISTED} more" if len(columns) > MOST_LISTED else ""
        advice = f"the table has {', '.join(columns[:MOST_LISTED])}{more}."
    return NoSuchColumn(f"There is no column {name!r}{option}; {advice}")


def _known(name: str, choice: str, columns: Sequence[str]) -> str:
    if name not in columns:
        raise no_such_column(name, columns, f" (--{choice})")
    return name
