"""How the parent of the workers learns whether they can serve."""

from __future__ import annotations

import time

import pytest

from twinserve.errors import ModelError
from twinserve.service.process import workers
from twinserve.service.process.workers import Start


def refuse() -> None:
    """An app factory that fails."""
    raise ModelError("It is damaged.")


def nothing() -> bool:
    """Do nothing."""
    return False


def test_the_start_is_over_once_a_worker_serves() -> None:
    """The start succeeds when one worker serves, whatever happens to the others."""
    start = Start()
    assert start.attempt(lambda: "app") == "app"
    start.succeed()
    assert start.wait(nothing)
    assert (start.is_over, start.failure) == (True, None)


def test_the_first_that_cannot_serve_says_why_for_all() -> None:
    """A worker that cannot serve reports the reason to its parent, and ends with exit code 0."""
    start = Start()
    with pytest.raises(SystemExit) as end:
        start.attempt(refuse)
    assert end.value.code == 0
    assert not start.wait(nothing)
    assert (start.is_over, str(start.failure)) == (False, "It is damaged.")


def test_who_waits_sees_to_other_things_meanwhile() -> None:
    """While it waits, the parent handles signals and workers that died."""
    start = Start()
    assert not start.wait(lambda: True)
    assert not start.wait(nothing, seconds=0)
    assert (start.is_over, start.failure) == (False, None)


def test_once_it_is_over_a_worker_that_cannot_serve_concerns_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the start, a worker that fails logs the reason and pauses before it is replaced."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    start = Start()
    start.is_over = True
    with pytest.raises(SystemExit):
        start.attempt(refuse)
    assert pauses == [workers.PAUSE]
    assert not start.wait(nothing, seconds=0)
