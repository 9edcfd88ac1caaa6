"""One request for predictions on its way through a version of a model, and who may watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from twinserve.predict.predictor import Predictions
from twinserve.service.protocols.codec import Asked, Codec, Warnings
from twinserve.service.telemetry.logs import log, where
from twinserve.signature import Columns


class Observation(NamedTuple):
    """What was asked of a version and what it answered, all in one place."""

    request_id: str
    model: str
    version: str
    columns: Columns
    outcome: Predictions | Exception
    """The predictions, or why there are none."""
    warnings: Warnings


Observer = Callable[[Observation], object]
"""Called in the thread that made the answer, before it is sent: whatever takes long belongs elsewhere."""


class Question(NamedTuple):
    """What a version needs to answer a request."""

    body: bytes
    asked: Asked
    codec: Codec
    request_id: str
    observer: Observer | None
    """None: nobody watches, and nothing is done for it."""


def tell(observer: Observer, observation: Observation) -> None:
    """Show it to the observer. That may fail; the answer does not."""
    try:
        observer(observation)
    except Exception as error:
        log.error("observer failed", request_id=observation.request_id, traceback=where(error))
