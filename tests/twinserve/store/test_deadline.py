"""An opening ends at its deadline or when the service closes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from twinserve.errors import ArtifactRefused
from twinserve.store.artifact import Trust, open_version
from twinserve.store.deadline import Deadline


def test_it_lasts_as_long_as_it_was_given() -> None:
    deadline = Deadline(60)
    deadline.check()
    assert 0 < deadline.left() <= 60
    late = Deadline(0.001)
    while late.left():
        continue
    with pytest.raises(ArtifactRefused, match=r"The version was not open after 0\.001 s; .*OPEN_TIMEOUT"):
        late.check()


def test_it_ends_when_it_is_told_to() -> None:
    stop = threading.Event()
    deadline = Deadline(60, stop)
    deadline.check()
    stop.set()
    with pytest.raises(ArtifactRefused, match="cancelled"):
        deadline.check()


def test_an_opening_ends_with_it(version: Path) -> None:
    with pytest.raises(ArtifactRefused, match="was not open after 0 s"):
        open_version(version, Trust(), Deadline(0))
    open_version(version, Trust(), Deadline(60))
