"""`Field`: one input of the form, with what it says about the values that it takes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, Literal

from twinserve.service.pages import drawing
from twinserve.signature import Feature, FeatureType
from twinserve.signature.signature import NUMERIC, ORDERED
from twinserve.signature.timestamps import EPOCH, seen_bounds
from twinserve.store.examples import CategoryCounts, Examples, Histogram

MOST_OPTIONS: Final = 30
"""A category with more is typed, with suggestions."""
MOST_SUGGESTIONS: Final = 500
MOST_USUAL: Final = 3

NUMBER: Final = re.compile(r"(-?)([0-9]*+)((?:\.[0-9]++)?+)((?:[eE][+-]?[0-9]++)?+)\Z")
"""A number as people and browsers write it: `007`, `.5`, `-1e3`. It never looks back, as a value may be long."""
MINUTES: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}\Z")
"""What browsers send of a time whose seconds are 0."""
DATE: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})?\Z")
DATETIME: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?\Z")
UTC: Final = re.compile(r"(Z|[+-]00:00)\Z", re.IGNORECASE)

Kind = Literal["number", "select", "text", "date", "datetime"]


@dataclass(frozen=True, eq=False)
class Field:
    """One input. Its name in a posted form is its pointer."""

    feature: Feature
    place: int
    examples: Examples

    @property
    def id(self) -> str:
        """Of its element."""
        return f"f{self.place}"

    @property
    def pointer(self) -> str:
        """The JSON Pointer into the instance."""
        return self.feature.pointer

    @property
    def label(self) -> str:
        """Its name."""
        return readable(self.feature.path[-1])

    @property
    def title(self) -> str:
        """Its name with those of its groups."""
        return " › ".join(map(readable, self.feature.path))

    @cached_property
    def is_boolean(self) -> bool:
        """Is it true or false?"""
        return self.feature.type is FeatureType.BOOLEAN

    @cached_property
    def options(self) -> tuple[str, ...]:
        """The values to choose from; none where it is typed."""
        if self.is_boolean:
            return ("true", "false")
        enumeration = self.feature.constraints.enumeration
        if self.feature.type is FeatureType.INTEGER and enumeration:
            values: tuple[str, ...] = tuple(str(value) for value in enumeration)
        else:
            values = self.feature.vocabulary
        return values if len(values) <= MOST_OPTIONS and "" not in values else ()

    @cached_property
    def suggestions(self) -> tuple[str, ...]:
        """The categories of a field that is typed, the most frequent first."""
        if self.options:
            return ()
        counted = self.examples.categories.get(self.pointer)
        often = dict.fromkeys(() if counted is None else counted.counts)
        return tuple(often | dict.fromkeys(self.feature.vocabulary))[:MOST_SUGGESTIONS]

    @cached_property
    def kind(self) -> Kind:
        """How it is entered."""
        if self.options:
            return "select"
        if self.feature.type in NUMERIC:
            return "number"
        if self.feature.type is FeatureType.DATE:
            return "date"
        return "datetime" if self.feature.type is FeatureType.DATETIME else "text"

    def entered(self, value: str) -> str:
        """A value as its input holds it: that of a time can hold no offset, and without one a time is in UTC."""
        local = UTC.sub("", value)
        return local if self.kind == "datetime" and local and DATETIME.match(local) else value

    def input_type(self, value: str) -> str:
        """The type of an input that can hold this value, which may be none that the field takes."""
        if self.kind == "date" and DATE.match(value):
            return "date"
        return "datetime-local" if self.kind == "datetime" and DATETIME.match(value) else "text"

    @cached_property
    def bounds(self) -> tuple[str, str] | None:
        """The least and the greatest value that training saw, as people write them."""
        low, high = seen_bounds(self.feature)
        if low is None or high is None or self.feature.type not in ORDERED:
            return None
        return _short(low), _short(high)

    @property
    def histogram(self) -> Histogram | None:
        """How often training saw which values."""
        return self.examples.histograms.get(self.pointer)

    @cached_property
    def picture(self) -> drawing.Picture | None:
        """The histogram as a drawing."""
        return None if self.histogram is None else drawing.Picture.of(self.histogram)

    @cached_property
    def usual(self) -> str:
        """The most frequent categories; where there are few, with their shares."""
        counted: CategoryCounts | None = self.examples.categories.get(self.pointer)
        if counted is None:
            return ""
        pairs = [*counted.counts.items()][:MOST_USUAL]
        if self.suggestions:
            return ", ".join(category for category, _ in pairs)
        whole = sum(counted.counts.values()) + counted.others
        return ", ".join(f"{category} {100 * count / whole:.0f}\N{NO-BREAK SPACE}%" for category, count in pairs)

    def column_value(self, text: str) -> float | None:
        """Where the histogram's axis has this value; None for what is none."""
        try:
            if self.kind == "date":
                return float((datetime.fromisoformat(text).date() - EPOCH.date()).days)
            if self.kind == "datetime":
                instant = datetime.fromisoformat(text.upper())
                return ((instant if instant.tzinfo else instant.replace(tzinfo=EPOCH.tzinfo)) - EPOCH).total_seconds()
            return float(text)
        except (ValueError, OverflowError):
            return None

    def json_text(self, value: str, *, is_null: bool) -> str | None:
        """The JSON of what was entered; None where nothing was, so that the instance lacks the field."""
        if not value and (self.kind != "text" or is_null):
            in_list = isinstance(self.feature.path[-1], int)
            return "null" if self.feature.nullable or in_list else None
        if self.is_boolean and value in self.options:
            return value
        if self.feature.type in NUMERIC and (number := number_text(value.strip(" "))) is not None:
            return number
        if self.kind == "datetime" and MINUTES.match(value):
            value += ":00"
        return json.dumps(value, ensure_ascii=False)


def readable(part: str | int) -> str:
    """A part of a path as people read it."""
    return str(part + 1) if isinstance(part, int) else part.replace("_", " ")


def number_text(value: str) -> str | None:
    """A number as JSON writes it; None for what is none."""
    match = NUMBER.match(value)
    if match is None or not (match[2] or match[3]):
        return None
    return f"{match[1]}{match[2].lstrip('0') or '0'}{match[3]}{match[4]}"


def _short(value: float | str) -> str:
    return UTC.sub("", value).replace("T", " ") if isinstance(value, str) else f"{value:.6g}"
