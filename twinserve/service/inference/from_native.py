"""What the pool is given for a form of the page, or a request of a composed dialect: both are answered from native
answers."""

from __future__ import annotations

from twinserve.service.exchange import Exchange
from twinserve.service.inference.alone import Alone
from twinserve.service.inference.composed import Composed
from twinserve.service.inference.filled import Filled
from twinserve.service.inference.question import Observer, Question
from twinserve.service.inference.version import ModelVersion
from twinserve.service.protocols.native import NATIVE
from twinserve.service.settings import Settings
from twinserve.service.telemetry.metrics import Metrics


def alone(
    body: bytes,
    exchange: Exchange,
    version: ModelVersion,
    settings: Settings,
    metrics: Metrics,
    observer: Observer | None,
) -> tuple[Alone, Question]:
    """What answers the request, and its question; a form is no request that an observer is told of."""
    if exchange.route == "form":
        answer, observer = Filled(settings, version, metrics).answer, None
    else:
        answer = Composed(settings, version, exchange.dialect, metrics).answer
    return Alone(answer), Question(body, exchange.asked, version.codec(NATIVE), exchange.request_id, observer)
