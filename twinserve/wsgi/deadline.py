"""A deadline for what the pool is making."""

from __future__ import annotations

from concurrent.futures import Future, wait
from contextlib import suppress

from twinserve.service.http.problem import prediction_timeout
from twinserve.service.http.reply import Reply
from twinserve.service.inference.job import PoolFuture


def reply_of(answer: Future[Reply], seconds: float) -> Reply:
    """The reply that the pool is making; raises `Problem` (504) if it takes longer than this."""
    try:
        return answer.result(seconds)
    except TimeoutError:
        answer.cancel()
        raise prediction_timeout(seconds) from None


def reply_of_step(step: PoolFuture, seconds: float) -> Reply:
    """The same of a step of a stream, from when it begins: before that it waits for those of other streams."""
    while (left := step.left(seconds)) > 0:
        if wait((step,), left).done:
            return step.result()
    step.cancel()
    raise prediction_timeout(seconds)


def opened(opening: Future[None], seconds: float) -> None:
    """Wait for the opening of a model, but no longer than this; whoever then asks finds out whether it is open."""
    with suppress(TimeoutError):
        opening.result(seconds)
