"""A system that has no room for another thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def no_room_for_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In this context no thread starts, as where a limit on processes is reached."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        yield
