"""A deadline for what the pool is making."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress

from twinserve.service.http.problem import prediction_timeout
from twinserve.service.http.reply import Reply


def reply_of(answer: Future[Reply], seconds: float) -> Reply:
    """The reply that the pool is making; raises `Problem` (504) if it takes longer than this."""
    try:
        return answer.result(seconds)
    except TimeoutError:
        answer.cancel()
        raise prediction_timeout(seconds) from None


def opened(opening: Future[None], seconds: float) -> None:
    """Wait for the opening of a model, but no longer than this; whoever then asks finds out whether it is open."""
    with suppress(TimeoutError):
        opening.result(seconds)
