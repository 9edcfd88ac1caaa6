"""Figures as people read them, and where there is room for a name."""

from __future__ import annotations

import pytest

from twinserve.service.pages.drawing import percent, shares


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
