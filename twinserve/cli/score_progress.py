"""What `twinserve score` shows while it works: rows, rows a second and the time left; and a line at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from twinserve.bulk.files.job import Summary

OFTEN: Final = 0.2
"""Seconds between two lines that are shown."""


class Shown:
    """Shows how far a table is."""

    def __init__(self, show: Callable[[str], None] | None) -> None:
        """`show` changes the line on a terminal; None: there is no terminal."""
        self._show, self._begun, self._last = show, time.monotonic(), 0.0
        self._first: tuple[int, int] | None = None

    def tell(self, rows: int, place: int, total: int | None) -> None:
        """So many rows are answered; the next one is at `place` of `total`."""
        now = time.monotonic()
        if self._first is None:
            self._first, self._begun = (rows, place), now
        if self._show is None or now - self._last < OFTEN:
            return
        self._last = now
        self._show(self._line(rows, place, total, now - self._begun))

    def _line(self, rows: int, place: int, total: int | None, seconds: float) -> str:
        first, begun = self._first or (0, 0)
        line = f"{rows:,} rows"
        if seconds < OFTEN or rows == first:
            return line
        line += f", {(rows - first) / seconds:,.0f} a second"
        if total is None or place <= begun:
            return line
        return f"{line}, {as_time(seconds * (total - place) / (place - begun))} left"

    def end(self, summary: Summary) -> None:
        """Say on standard error what was done."""
        seconds = time.monotonic() - self._begun
        rows = summary.rows - (self._first or (0, 0))[0]
        rate = f" ({rows / seconds:,.0f} a second)" if seconds > 0 and rows else ""
        bad = f"; {summary.bad_rows:,} have errors in place of an answer" if summary.bad_rows else ""
        sys.stderr.write(f"{summary.rows:,} row{'s' * (summary.rows != 1)} in {as_time(seconds)}{rate}{bad}\n")


def as_time(seconds: float) -> str:
    """A time as people read it."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@contextmanager
def progress() -> Iterator[Shown]:
    """One changing line on standard error, where that is a terminal and rich is installed."""
    if not sys.stderr.isatty():
        yield Shown(None)
        return
    try:
        from rich.console import Console
    except ImportError:
        yield Shown(None)
        return
    with Console(stderr=True, highlight=False).status("opening the model") as status:
        yield Shown(status.update)
