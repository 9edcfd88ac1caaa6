"""Bodies made to cost as much as possible are refused alike at both doors, and never on an event loop."""

from __future__ import annotations

import threading
from typing import Final

import pytest

from harness.hostile_bodies import SHAPES
from tests.contract.conftest import OpenDoors
from tests.doors import Both
from twinserve.service.inference.quick import BODY
from twinserve.service.protocols.native import NATIVE, NativeCodec
from twinserve.signature.request.validator import Batch, Validator
from twinserve.testing.fakes import service_of

LARGE: Final = 1_000_000
EXPECTED: Final = {"a duplicate at the end": (400, "malformed-json"), "NaN at the end": (400, "malformed-json")}


@pytest.mark.parametrize("size", [200, 60_000, LARGE])
@pytest.mark.parametrize("name", SHAPES)
def test_each_is_refused_with_few_words(both: Both, name: str, size: int) -> None:
    """Both doors send the same refusal, which is shorter than the request."""
    answer = both.predict(SHAPES[name](size))
    status, kind = EXPECTED.get(name, (422, "invalid-input"))
    assert (answer.status, answer.json()["type"].rpartition(":")[2]) == (status, kind)
    assert len(answer.body) < 12_000


class Watched:
    """A validator that records the threads that call it."""

    def __init__(self, validator: Validator) -> None:
        self._validator = validator
        self.threads: list[str] = []

    def validate(self, body: bytes) -> Batch:
        """Validate as the wrapped validator does."""
        self.threads.append(threading.current_thread().name)
        return self._validator.validate(body)


def test_none_that_takes_long_is_looked_at_by_an_event_loop(open_doors: OpenDoors) -> None:
    """Large bodies are validated in the pool, under its limits and deadline; only small ones are validated inline."""
    service = service_of()
    version = service.models.current()
    codec = version.codec(NATIVE)
    assert isinstance(codec, NativeCodec)
    watched = Watched(codec._validator)
    codec._validator = watched  # type: ignore[assignment]  # Asked for nothing but this.
    doors = open_doors(service)
    for shape in SHAPES.values():
        assert doors.predict(shape(LARGE)).status in (400, 422)
    assert watched.threads == ["predict"] * len(doors.doors) * len(SHAPES)
    doors.predict(b"[" * (BODY - 1))
    assert "predict" not in watched.threads[-2:]
