"""What `twinserve score` shows while it works, on a terminal and elsewhere."""

from __future__ import annotations

import io
import sys
import time

import pytest

from twinserve.bulk.files.job import Summary
from twinserve.cli import score_progress


class Terminal(io.StringIO):
    """Where somebody looks."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which the test moves."""
    now = [100.0]
    monkeypatch.setattr("twinserve.cli.score_progress.time.monotonic", lambda: now[0])
    return now


def test_a_log_has_a_line_now_and_then(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    """Rows, rows a second and the time left, every ten seconds; nothing of a table that takes less."""
    with score_progress.progress() as shown:
        for second in range(25):
            clock[0] = 100.0 + second
            shown.tell(1000 * second, 10 * second, 500)
    assert capsys.readouterr().err.splitlines() == [
        "10,000 rows, 1,000 a second, 40 s left",
        "20,000 rows, 1,000 a second, 30 s left",
    ]


def test_the_time_left_is_that_of_the_table(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    """Of a folder's second one as of its first; the rows and their rate are those of all."""
    with score_progress.progress() as shown:
        for table in range(2):
            shown.keep(0)
            for place in range(0, 100, 10):
                shown.tell(100 * table + place, place, 100)
                clock[0] += 10
    first, *_, second = [line for line in capsys.readouterr().err.splitlines() if line.endswith("1 min 30 s left")]
    assert (first, second) == ("10 rows, 1 a second, 1 min 30 s left", "110 rows, 1 a second, 1 min 30 s left")


def test_a_terminal_has_one_line_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a line each: of those that are told at the same moment the first is shown, and it is gone at the end."""
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with score_progress.progress() as shown:
        time.sleep(score_progress.OFTEN)
        shown.tell(1234, 0, None)
        shown.tell(5678, 0, None)
    assert " 1,234 rows" in terminal.getvalue()
    assert "5,678" not in terminal.getvalue()
    assert terminal.getvalue().endswith("\x1b[2K")


def test_a_run_that_goes_on_tells_its_own_rows(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    """Beside all of them; its rate is that of its own."""
    with score_progress.progress() as shown:
        shown.keep(1000)
        shown.tell(1000, 0, None)
        clock[0] += 2
        shown.tell(1200, 0, None)
    shown.end(Summary(1200, 0))
    assert capsys.readouterr().err == "1,200 rows, 200 of them by this run, in 2.0 s (100 a second)\n"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (7260, "2 h 1 min")]
)
def test_a_time_is_written_as_people_read_it(seconds: float, text: str) -> None:
    """Seconds have a decimal place only where it says something."""
    assert score_progress.as_time(seconds) == text
