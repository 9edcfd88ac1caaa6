"""How the process that makes workers learns whether they can serve."""

from __future__ import annotations

import time

import pytest

from twinserve.errors import ModelError
from twinserve.service.process import workers
from twinserve.service.process.workers import Start


def refuse() -> None:
    """An app that cannot be made."""
    raise ModelError("It is damaged.")


def nothing() -> bool:
    """Nothing to see to."""
    return False


def test_the_start_is_over_once_a_worker_serves() -> None:
    """Whatever comes of the others."""
    start = Start()
    assert start.attempt(lambda: "app") == "app"
    start.succeed()
    assert start.wait(nothing)
    assert (start.is_over, start.failure) == (True, None)


def test_the_first_that_cannot_serve_says_why_for_all() -> None:
    """It ends as one that has nothing more to say."""
    start = Start()
    with pytest.raises(SystemExit) as end:
        start.attempt(refuse)
    assert end.value.code == 0
    assert not start.wait(nothing)
    assert (start.is_over, str(start.failure)) == (False, "It is damaged.")


def test_who_waits_sees_to_other_things_meanwhile() -> None:
    """A signal, or a worker that died and cannot say so."""
    start = Start()
    assert not start.wait(lambda: True)
    assert not start.wait(nothing, seconds=0)
    assert (start.is_over, start.failure) == (False, None)


def test_once_it_is_over_a_worker_that_cannot_serve_concerns_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """It logs why and takes its time, as it is replaced at once."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    start = Start()
    start.is_over = True
    with pytest.raises(SystemExit):
        start.attempt(refuse)
    assert pauses == [workers.PAUSE]
    assert not start.wait(nothing, seconds=0)
