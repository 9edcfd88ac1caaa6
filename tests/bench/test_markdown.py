"""Tables and figures as Markdown."""

from __future__ import annotations

import pytest

from bench import markdown
from bench.results import Spread


def test_a_table_has_a_head_a_rule_and_its_rows() -> None:
    expected = "| a | b |\n| --- | ---: |\n| x | 1 |"
    assert expected == markdown.table(["a", "b"], [["x", "1"]])


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert "| x&#124;y |" in markdown.table(["a"], [["x|y"]])


@pytest.mark.parametrize(("value", "text"), [(0.8571, "0.86"), (12.34, "12.3"), (1234.5, "1,234"), (56.78, "56.8")])
def test_a_figure_has_three_digits_that_count(value: float, text: str) -> None:
    assert text == markdown.number(value)


def test_a_spread_is_shown_behind_its_median_unless_there_was_one_round() -> None:
    assert markdown.times(Spread(0.9, 0.8, 1.1, 5)) == "0.90x (0.80-1.10)"
    assert markdown.figure(Spread(250.0, 250.0, 250.0, 1)) == "250"
    assert markdown.figure(None) == "-"
    assert markdown.give_or_take(Spread(1000.0, 950.0, 1050.0, 3)) == "1,000 ±5%"
    assert markdown.give_or_take(Spread(250.0, 250.0, 250.0, 1)) == "250"
    assert markdown.give_or_take(Spread(4.0, 3.0, 900.0, 3)) == "4.00 (3.00-900)"
