"""The steps of a training are shown where it takes long, in one line that changes or a line each."""

from __future__ import annotations

import io
import time

from twinserve.inprocess.progress import ShownSteps


class Terminal(io.StringIO):
    """A stream that calls itself a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def until_shown(stream: io.StringIO) -> None:
    """Wait for the first text."""
    end = time.monotonic() + 10
    while not stream.getvalue():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_short_training_shows_nothing() -> None:
    stream = Terminal()
    with ShownSteps(stream) as steps:
        steps("loading")
        steps("proving")
    assert stream.getvalue() == ""


def test_a_long_one_shows_the_step_it_is_in_and_then_each() -> None:
    stream = io.StringIO()
    with ShownSteps(stream, patience=0.01) as steps:
        steps("cross-validating\nforest")
        until_shown(stream)
        steps("proving")
    assert stream.getvalue().splitlines()[-2:] == ["twinserve: cross-validating forest", "twinserve: proving"]


def test_in_a_terminal_one_line_changes_and_is_cleared() -> None:
    stream = Terminal()
    with ShownSteps(stream, patience=0.01) as steps:
        until_shown(stream)
        steps("x" * 500)
    parts = stream.getvalue().split("\r")
    assert parts[-2].strip() == parts[-1] == ""
    assert "\n" not in stream.getvalue()
    assert max(map(len, parts)) <= 78


class Closed(io.StringIO):
    """Raises as a pipe does whose reader is gone."""

    def write(self, _text: str) -> int:
        """Never writes."""
        raise BrokenPipeError(32, "Broken pipe")


def test_a_stream_whose_reader_is_gone_ends_no_training() -> None:
    with ShownSteps(Closed(), patience=0.0) as steps:
        time.sleep(0.05)
        steps("proving")
