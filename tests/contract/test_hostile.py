"""Bodies that are made to cost as much as they can: refused alike at both doors, and never by an event loop."""

from __future__ import annotations

import threading
from typing import Final

import pytest

from tests.contract.conftest import OpenDoors
from tests.doors import Both
from tests.fakes import service_of
from tests.hostile_bodies import SHAPES
from twinserve.service.inference.version import QUICK_BODY
from twinserve.service.protocols.native import NATIVE, NativeCodec
from twinserve.signature.request.validator import Batch, Validator

LARGE: Final = 1_000_000
EXPECTED: Final = {"a duplicate at the end": (400, "malformed-json"), "NaN at the end": (400, "malformed-json")}


@pytest.mark.parametrize("size", [200, 60_000, LARGE])
@pytest.mark.parametrize("name", SHAPES)
def test_each_is_refused_with_few_words(both: Both, name: str, size: int) -> None:
    """Both doors say the same, and less than was sent."""
    answer = both.predict(SHAPES[name](size))
    status, kind = EXPECTED.get(name, (422, "invalid-input"))
    assert (answer.status, answer.json()["type"].rpartition(":")[2]) == (status, kind)
    assert len(answer.body) < 12_000


class Watched:
    """A validator that remembers the threads that asked it."""

    def __init__(self, validator: Validator) -> None:
        self._validator = validator
        self.threads: list[str] = []

    def validate(self, body: bytes) -> Batch:
        """As the validator does."""
        self.threads.append(threading.current_thread().name)
        return self._validator.validate(body)


def test_none_that_takes_long_is_looked_at_by_an_event_loop(open_doors: OpenDoors) -> None:
    """The pool does it, under its limits and deadline; only what is small is looked at here and now."""
    service = service_of()
    serving = service.models.current()
    codec = serving._codecs[NATIVE.name]
    assert isinstance(codec, NativeCodec)
    watched = Watched(codec._validator)
    codec._validator = watched  # type: ignore[assignment]  # Asked for nothing but this.
    doors = open_doors(service)
    for shape in SHAPES.values():
        assert doors.predict(shape(LARGE)).status in (400, 422)
    assert watched.threads == ["predict"] * len(doors.doors) * len(SHAPES)
    doors.predict(b"[" * (QUICK_BODY - 1))
    assert "predict" not in watched.threads[-2:]
