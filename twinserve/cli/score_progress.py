"""What `twinserve score` shows while it works: rows, rows a second and the time left; and a line at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console

    from twinserve.bulk.files.job import Summary

OFTEN: Final = 0.2
"""Seconds after which the line of a terminal changes."""

SELDOM: Final = 10.0
"""Seconds between two lines elsewhere, as in a log."""


class Shown:
    """Shows how far a table is."""

    def __init__(self, show: Callable[[str], object], pause: float) -> None:
        """`show` is given a line at most every `pause` seconds."""
        self._show, self._pause = show, pause
        self._begun = self._last = self._since = time.monotonic()
        self._is_begun = False
        self._first: int | None = None
        """Where a table begins, `_since` then."""
        self._kept = 0

    def keep(self, rows: int) -> None:
        """A table begins, of which an earlier run has answered so many rows."""
        self._kept += rows
        self._first = None

    def tell(self, rows: int, place: int, total: int | None) -> None:
        """So many rows are answered; the next one is at `place` of `total`."""
        now = time.monotonic()
        if not self._is_begun:
            self._is_begun, self._begun = True, now
        if self._first is None:
            self._first, self._since = place, now
        if now - self._last < self._pause:
            return
        self._last = now
        self._show(self._line(rows, place, total, now))

    def _line(self, rows: int, place: int, total: int | None, now: float) -> str:
        seconds, begun = now - self._begun, self._first or 0
        line = f"{rows:,} rows"
        if seconds < OFTEN or rows == self._kept:
            return line
        line += f", {(rows - self._kept) / seconds:,.0f} a second"
        if total is None or place <= begun:
            return line
        return f"{line}, {as_time((now - self._since) * (total - place) / (place - begun))} left"

    def end(self, summary: Summary) -> None:
        """Say on standard error what was done."""
        seconds = time.monotonic() - self._begun
        rows = summary.rows - self._kept
        own = f", {rows:,} of them by this run," if self._kept else ""
        rate = f" ({rows / seconds:,.0f} a second)" if seconds > 0 and rows else ""
        bad = f"; {summary.bad_rows:,} have errors in place of an answer" if summary.bad_rows else ""
        sys.stderr.write(f"{summary.rows:,} row{'s' * (summary.rows != 1)}{own} in {as_time(seconds)}{rate}{bad}\n")


def as_time(seconds: float) -> str:
    """A time as people read it."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@contextmanager
def progress() -> Iterator[Shown]:
    """On standard error: one changing line in a terminal, now and then a line elsewhere."""
    console = _terminal() if sys.stderr.isatty() else None
    if console is None:
        yield Shown(lambda line: sys.stderr.write(f"{line}\n"), SELDOM)
        return
    with console, console.status("opening the model") as status:
        yield Shown(status.update, OFTEN)


def _terminal() -> Console | None:
    """What changes a line; None where rich is not installed."""
    try:
        from rich.console import Console
    except ImportError:
        return None
    return Console(stderr=True, highlight=False)
