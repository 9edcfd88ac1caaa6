"""The collector pauses while any thread is in the context, and goes on as before."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from twinserve.signature.request.gc_pause import Pause


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Whatever a test does to it."""
    yield
    gc.enable()


def test_it_pauses_until_the_last_has_left() -> None:
    pause = Pause()
    with pause:
        with pause:
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    with Pause():
        pass
    assert not gc.isenabled()


def test_it_goes_on_after_an_error() -> None:
    with pytest.raises(ValueError, match="x"), Pause():
        raise ValueError("x")
    assert gc.isenabled()
