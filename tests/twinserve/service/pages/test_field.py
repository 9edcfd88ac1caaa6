"""What an input of the form says and holds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.twinserve.signature.made import feature
from twinserve.service.pages.field import MOST_OPTIONS, Field
from twinserve.store.examples import NO_EXAMPLES, CategoryCounts, Examples

CITIES = tuple(f"city {place:03}" for place in range(MOST_OPTIONS + 10))


def field(kind: str, examples: Examples = NO_EXAMPLES, **facts: Any) -> Field:
    """The field `x`."""
    return Field(feature("x", kind, **facts), 0, examples)


@pytest.mark.parametrize(
    ("value", "shown", "kind"),
    [
        ("2024-02-29T12:30:05+00:00", "2024-02-29T12:30:05", "datetime-local"),
        ("2024-02-29T12:30:05Z", "2024-02-29T12:30:05", "datetime-local"),
        ("2024-02-29T12:30:05", "2024-02-29T12:30:05", "datetime-local"),
        ("2024-02-29T12:30:05+02:00", "2024-02-29T12:30:05+02:00", "text"),
        ("soon", "soon", "text"),
        ("Z", "Z", "text"),
    ],
)
def test_a_time_in_utc_is_entered_as_a_time(value: str, shown: str, kind: str) -> None:
    """Without its offset, which such an input cannot hold and a person need not read; any other stays as it is."""
    x = field("datetime")
    assert x.entered(value) == shown
    assert x.input_type(x.entered(value)) == kind


def test_the_range_of_a_time_is_written_for_people() -> None:
    assert field("datetime", seen_minimum=0.0, seen_maximum=86_399.0).bounds == (
        "1970-01-01 00:00:00",
        "1970-01-01 23:59:59",
    )


def test_few_categories_are_told_with_their_shares() -> None:
    counted = Examples(categories={"/x": CategoryCounts(counts={"a": 60, "b": 30}, others=10)})
    assert (
        field("category", counted, seen_categories=("a", "b", "c")).usual
        == "a 60\N{NO-BREAK SPACE}%, b 30\N{NO-BREAK SPACE}%"
    )


def test_of_many_categories_the_most_frequent_come_first() -> None:
    """Among the suggestions, and where it is said what training saw."""
    counted = Examples(categories={"/x": CategoryCounts(counts={CITIES[7]: 9, CITIES[3]: 8}, others=400)})
    x = field("category", counted, seen_categories=CITIES)
    assert x.suggestions == (CITIES[7], CITIES[3], *(city for city in CITIES if city not in (CITIES[7], CITIES[3])))
    assert x.usual == f"{CITIES[7]}, {CITIES[3]}"
