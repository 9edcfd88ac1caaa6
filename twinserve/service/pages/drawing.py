"""Small drawings as numbers of SVG: attributes only, as the policy of the pages allows no style within them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from twinserve.store.examples import Histogram

WIDTH: Final = 120
HEIGHT: Final = 24
LONG_LABEL: Final = 40
"""Characters; two lines beside a bar."""
LONG_WORD: Final = 20
HUGE: Final = 1e300
"""The difference of larger numbers may be no double."""
NARROWEST: Final = 1e-9
"""The least width of a bar, as a share of the whole."""


@dataclass(frozen=True)
class Picture:
    """A histogram: the path of its bars, and the values at its ends."""

    path: str
    low: float
    high: float

    @classmethod
    def of(cls, histogram: Histogram) -> Picture:
        """The drawing. The outermost bins, which reach far, are drawn no wider than the widest of the others.

        It is drawn in a unit of about its own width, so that no difference or quotient of huge or tiny numbers leaves
        the range of a double."""
        shrunk = 2 if max(map(abs, histogram.edges)) > HUGE else 0
        edges = _without_tails([math.ldexp(edge, -shrunk) for edge in histogram.edges])
        unit = math.frexp(edges[-1] - edges[0])[1]
        edges = [math.ldexp(edge, -unit) for edge in edges]
        low, high = edges[0], edges[-1]
        least = NARROWEST * (high - low)
        heights = [count / max(b - a, least) for count, (a, b) in zip(histogram.counts, pairwise(edges), strict=True)]
        tall, wide = HEIGHT / max(heights), WIDTH / (high - low)
        steps = (
            f"H{wide * (a - low):.1f}V{HEIGHT - height * tall:.1f}H{wide * (b - low):.1f}"
            for height, (a, b) in zip(heights, pairwise(edges), strict=True)
        )
        ends = (math.ldexp(end, unit + shrunk) for end in (low, high))
        return cls(f"M0 {HEIGHT}{''.join(steps)}V{HEIGHT}Z", *ends)

    def at(self, value: float | None) -> str | None:
        """Where a value lies, at most at an end."""
        if value is None or value != value:
            return None
        half = 0.5 if math.isinf(self.high - self.low) else 1.0
        low, high = half * self.low, half * self.high
        share = (half * min(self.high, max(self.low, value)) - low) / (high - low)
        return f"{1 + (WIDTH - 2) * share:.1f}"


def _without_tails(edges: list[float]) -> list[float]:
    """The edges with the outermost bins no wider than the widest of the others, where these have any width."""
    widths = [high - low for low, high in pairwise(edges)]
    most = max(widths[1:-1], default=0.0)
    if not most > 0:
        return edges
    return [max(edges[0], edges[1] - most), *edges[1:-1], min(edges[-1], edges[-2] + most)]


@dataclass(frozen=True)
class Bar:
    """A bar from one place of a hundred to another."""

    start: str
    width: str
    text: str
    label: str
    is_negative: bool = False

    @property
    def is_long(self) -> bool:
        """Is there no room for its label beside it?"""
        return len(self.label) > LONG_LABEL or max(map(len, self.label.split()), default=0) > LONG_WORD


def number(value: float, digits: int, sign: str = "") -> str:
    """A number with so many digits at least, and without an exponent where people read none."""
    size = abs(value)
    if size and not 1e-4 <= size < 10 ** (digits + 3):
        return f"{value:{sign}.{digits}g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(size))) if size else 0
    text = f"{value:{sign}.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float) -> str:
    """A share as people read it; never 0 or 100 unless it is."""
    if share in (0, 1):
        return f"{100 * share:.0f} %"
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return "> 99.9 %" if 0.9995 <= share < 1 else f"{100 * share:.1f} %"


def shares(pairs: list[tuple[str, float]]) -> list[Bar]:
    """Probabilities, the largest first."""
    return [
        Bar("0", f"{100 * share:.2f}", percent(share), label) for label, share in sorted(pairs, key=lambda p: -p[1])
    ]


def signed(pairs: list[tuple[str, float]], rest: list[tuple[str, float]]) -> list[Bar]:
    """Numbers to both sides of a common middle; those of `rest` without a bar, as a sum may outgrow all others."""
    most = max((abs(value) for _, value in pairs), default=0.0) or 1.0
    bars = []
    for label, value in pairs:
        width = 50 * (abs(value) / most)
        bars.append(
            Bar(f"{50 - width if value < 0 else 50:.2f}", f"{width:.2f}", number(value, 3, "+"), label, value < 0)
        )
    return bars + [Bar("", "", number(value, 3, "+"), label, value < 0) for label, value in rest]
