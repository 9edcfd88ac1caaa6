"""`Alone`: what the pool is given for a question that no other one is answered together with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from twinserve.service.http.reply import Reply
from twinserve.service.inference.job import Job
from twinserve.service.inference.question import Question


class Alone:
    """Answers one question at a time, by the function that it was made of; it is given the question and when
    its caller stops waiting, on the monotonic clock."""

    def __init__(self, answer: Callable[[Question, float], Reply]) -> None:
        self._answer = answer

    def joins(self, _: Question) -> bool:
        """Never."""
        return False

    def pause(self) -> float:
        """No seconds: nothing is waited for."""
        return 0.0

    def answer_all(self, jobs: Iterator[Job]) -> None:
        """Answer the first job."""
        job = next(jobs)
        job.settle(partial(self._answer, job.question, job.deadline))
