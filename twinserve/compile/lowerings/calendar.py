"""Calendar features of dates: our own transformer (`twinserve/estimators/calendar.py`), in double arithmetic.

A date arrives as days, a datetime as seconds since 1970-01-01 UTC. Every number below is whole and under 2^53, and
a quotient of such numbers never rounds up to a whole one here, so `Floor` of a division is exact.

Source of the civil date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`: years
begin on March 1, so that the leap day is a year's last, and repeat every 400 years, an era.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from twinserve.compile.blocks import Block
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.refusal import refusal

SECONDS_PER_DAY = 86_400.0
UNITS = {"date": SECONDS_PER_DAY, "datetime": 1.0}


def calendar(graph: Graph, transformer: Any, block: Block) -> Block:
    """All columns' first part, then all columns' second part, and so on; null (NaN) stays null."""
    for column in block.columns:
        if column.kind not in UNITS:
            raise refusal(transformer, f"column {column.name!r} is a {column.kind} and not a date")
    date = _Date(graph, block)
    width = len(block.columns)
    return graph.concat([Block.numbers(PARTS[part](date), width) for part in transformer.parts])


class _Date:
    """The pieces of a date, each the name of a double tensor `[n, columns]`, added to the graph on first use."""

    def __init__(self, graph: Graph, block: Block) -> None:
        self._graph = graph
        self._input = graph.dense(block)
        self._units = [UNITS[column.kind] for column in block.columns]

    def minus(self, left: str, right: str) -> str:
        return self._graph.op("Sub", left, right)

    def plus(self, tensor: str, amount: float) -> str:
        return self._graph.op("Add", tensor, self._graph.constant(amount))

    def times(self, tensor: str, factor: float) -> str:
        return self._graph.op("Mul", tensor, self._graph.constant(factor))

    def whole(self, tensor: str, divisor: float) -> str:
        """The quotient, rounded down."""
        return self._graph.op("Floor", self._graph.op("Div", tensor, self._graph.constant(divisor)))

    def rest(self, tensor: str, divisor: float) -> str:
        """The remainder of that division, at least 0 and less than the divisor."""
        return self.minus(tensor, self.times(self.whole(tensor, divisor), divisor))

    @cached_property
    def seconds(self) -> str:
        """Since 1970, rounded to microseconds as the pipeline's table is, then down to whole seconds."""
        seconds = self._graph.op("Mul", self._input, self._graph.constant(self._units))
        return self.whole(self._graph.op("Round", self.times(seconds, 1e6)), 1e6)

    @cached_property
    def days(self) -> str:
        """Since 1970."""
        if set(self._units) == {SECONDS_PER_DAY}:
            return self._input
        return self.whole(self.seconds, SECONDS_PER_DAY)

    @cached_property
    def of_day(self) -> str:
        """Seconds since midnight."""
        return self.minus(self.seconds, self.times(self.days, SECONDS_PER_DAY))

    @cached_property
    def _era(self) -> str:
        return self.whole(self.plus(self.days, 719_468.0), 146_097.0)

    @cached_property
    def _year_and_day(self) -> tuple[str, str]:
        """The year of the era, and the day of that year, both from 0, years beginning on March 1."""
        day = self.minus(self.plus(self.days, 719_468.0), self.times(self._era, 146_097.0))
        leaps = self.minus(self.whole(day, 1_460.0), self.whole(day, 36_524.0))
        leaps = self._graph.op("Add", leaps, self.whole(day, 146_096.0))
        year = self.whole(self.minus(day, leaps), 365.0)
        before = self.minus(self.whole(self.times(year, 1_461.0), 4.0), self.whole(year, 100.0))
        return year, self.minus(day, before)

    @cached_property
    def _march_month(self) -> str:
        """From 0: March."""
        return self.whole(self.plus(self.times(self._year_and_day[1], 5.0), 2.0), 153.0)

    @cached_property
    def day(self) -> str:
        """Of the month, from 1."""
        before = self.whole(self.plus(self.times(self._march_month, 153.0), 2.0), 5.0)
        return self.plus(self.minus(self._year_and_day[1], before), 1.0)

    @cached_property
    def _next_year(self) -> str:
        """1 in January and February, which belong to the previous year where years begin in March."""
        return self.whole(self._march_month, 10.0)

    @cached_property
    def month(self) -> str:
        """From 1."""
        return self.plus(self.minus(self._march_month, self.times(self._next_year, 12.0)), 3.0)

    @cached_property
    def year(self) -> str:
        """Of the calendar."""
        march = self._graph.op("Add", self._year_and_day[0], self.times(self._era, 400.0))
        return self._graph.op("Add", march, self._next_year)

    @cached_property
    def day_of_year(self) -> str:
        """From 1: the days since 1970 less those up to the last December 31."""
        past = self.plus(self.year, -1.0)
        leaps = self.minus(self.whole(past, 4.0), self.whole(past, 100.0))
        leaps = self._graph.op("Add", leaps, self.whole(past, 400.0))
        before = self._graph.op("Add", self.times(past, 365.0), leaps)
        return self.plus(self.minus(self.days, before), 719_163.0)


PARTS: dict[str, Callable[[_Date], str]] = {
    "days": lambda date: date.days,
    "year": lambda date: date.year,
    "month": lambda date: date.month,
    "day": lambda date: date.day,
    "weekday": lambda date: date.rest(date.plus(date.days, 3.0), 7.0),
    "day_of_year": lambda date: date.day_of_year,
    "hour": lambda date: date.whole(date.of_day, 3_600.0),
    "minute": lambda date: date.rest(date.whole(date.of_day, 60.0), 60.0),
    "second": lambda date: date.rest(date.of_day, 60.0),
}

LOWERINGS: dict[str, Lowering] = {"twinserve.estimators.calendar.Calendar": calendar}
