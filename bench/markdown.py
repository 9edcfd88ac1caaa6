"""Tables and figures in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from bench.results import Spread

NOTHING = "-"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, figures: bool = True) -> str:
    """A table; with `figures`, all columns but the first are aligned right."""
    rule = ["---", *("---:" if figures else "---" for _ in head[1:])]
    return "\n".join(_line(row) for row in (head, rule, *rows))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def figure(value: Spread | None) -> str:
    """The median, with the least and the greatest value if they differ."""
    return _with_spread(value, "")


def times(value: Spread | None) -> str:
    """A ratio with its spread."""
    return _with_spread(value, "x")


def give_or_take(value: Spread) -> str:
    """The median, and half of the way from the least to the greatest value as a share of it."""
    share = (value.most - value.least) / 2 / value.middle
    if share > 1:
        return _with_spread(value, "")  # The median says little: from the least to the greatest.
    middle = number(value.middle)
    return middle if value.rounds == 1 else f"{middle} ±{share:.0%}"


def number(value: float) -> str:
    """Three significant digits; no fraction from 100 on."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _with_spread(value: Spread | None, unit: str) -> str:
    if value is None:
        return NOTHING
    middle = number(value.middle) + unit
    return middle if value.rounds == 1 else f"{middle} ({number(value.least)}-{number(value.most)})"
