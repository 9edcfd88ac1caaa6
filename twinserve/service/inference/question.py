"""`Question`: what a version needs to answer a prediction request. `Observation`: what an observer sees of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from twinserve.predict.predictor import Predictions
from twinserve.predict.rendering import Warnings
from twinserve.service.protocols.dialect import Asked, Codec
from twinserve.service.telemetry.logs import log, where
from twinserve.signature import Columns


class Observation(NamedTuple):
    """A prediction request and its outcome, for an observer."""

    request_id: str
    model: str
    version: str
    columns: Columns
    outcome: Predictions | Exception
    """The predictions, or the exception that was raised instead."""
    warnings: Warnings


Observer = Callable[[Observation], object]
"""Called in the thread that predicts, before the reply is sent, so it must be quick."""


class Question(NamedTuple):
    """What a version needs to answer a prediction request."""

    body: bytes
    asked: Asked
    codec: Codec
    request_id: str
    observer: Observer | None
    """None: no `Observation` is made."""


def tell(observer: Observer, observation: Observation) -> None:
    """Call the observer. What it raises is logged and does not affect the reply."""
    try:
        observer(observation)
    except Exception as error:
        log.error("observer failed", request_id=observation.request_id, traceback=where(error))
