"""Drawings are numbers that a browser can draw, and figures and names as people read them."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinserve.service.pages.drawing import Picture, percent, shares, signed
from twinserve.store.examples import Histogram

NUMBERS = [
    0.0,
    *(sign * size for sign in (-1, 1) for size in (5e-324, 1e-323, 1e-300, 1e-20, 1, 1 + 2**-52, 1e300, 1.7e308)),
]
EDGES = st.lists(st.sampled_from(NUMBERS), min_size=2, max_size=6, unique=True).map(sorted)


@given(EDGES, st.sampled_from([5, 2**53]), st.sampled_from([*NUMBERS, math.inf, -math.inf]))
def test_a_histogram_is_drawn_within_its_frame(edges: list[float], count: int, value: float) -> None:
    """Also where the difference of two edges is no double, or the smallest."""
    counts = (5, *(count for _ in edges[2:]))
    picture = Picture.of(Histogram(edges=tuple(edges), counts=counts))
    places = [float(place) for place in re.findall(r"[HV](-?[a-z0-9.]+)", picture.path)]
    assert all(-0.1 <= place <= 120.1 for place in places)
    assert picture.low < picture.high
    at = picture.at(value)
    assert at is not None
    assert 1 <= float(at) <= 119


def test_a_plain_histogram() -> None:
    """Two bars, and a mark in the middle."""
    picture = Picture.of(Histogram(edges=(0, 1, 2), counts=(5, 10)))
    assert picture.path == "M0 24H0.0V12.0H60.0H60.0V0.0H120.0V24Z"
    assert (picture.low, picture.high, picture.at(1.0), picture.at(math.nan)) == (0.0, 2.0, "60.0", None)


@pytest.mark.parametrize("most", [1.7e308, 1.0, 5e-324])
def test_bars_of_any_magnitude_have_a_width(most: float) -> None:
    """The largest takes a half."""
    assert [(bar.start, bar.width) for bar in signed([("a", -most), ("b", 0.0)], [])] == [
        ("0.00", "50.00"),
        ("50.00", "0.00"),
    ]


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.0004, "< 0.1 %"), (0.123, "12.3 %"), (0.9996, "> 99.9 %"), (1.0, "100 %")],
)
def test_a_share_is_0_or_100_only_if_it_is(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("label", "is_long"),
    [
        ("", False),
        ("sensor › measure 00", False),
        ("Wohnraumförderungsgesetz", True),
        ("one of these and one of those and some more", True),
    ],
)
def test_a_long_name_stands_above_its_bar(label: str, is_long: bool) -> None:
    """So does one of a long word, which would be broken anywhere."""
    assert shares([(label, 0.5)])[0].is_long == is_long
