"""`Composed`: answers a request of a protocol that is composed of native answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from twinserve.service.http.problem import Problem, prediction_timeout
from twinserve.service.http.reply import Reply
from twinserve.service.inference.question import Question
from twinserve.service.protocols.dialect import NOTHING, Asked, Dialect
from twinserve.service.settings import Settings
from twinserve.service.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from twinserve.service.inference.version import ModelVersion


class Composed:
    """A version that is asked in such a dialect."""

    def __init__(self, settings: Settings, version: ModelVersion, dialect: Dialect, metrics: Metrics) -> None:
        self._settings, self._version, self._dialect, self._metrics = settings, version, dialect, metrics

    def answer(self, question: Question, deadline: float) -> Reply:
        """The reply to a question, whose codec is the native one."""
        composer = self._version.composer(self._dialect)
        native = AskedNatively(self._settings, self._version, question, deadline, self._metrics)
        return composer.compose(question.body, question.asked, native)


class AskedNatively:
    """See `Native`."""

    def __init__(
        self, settings: Settings, version: ModelVersion, question: Question, deadline: float, metrics: Metrics
    ) -> None:
        self.request_id = question.request_id
        self._settings, self._version, self._question, self._metrics = settings, version, question, metrics
        self._deadline = deadline

    def ask(self, body: bytes, asked: Asked) -> bytes:
        """See `Native`."""
        if time.monotonic() > self._deadline:
            raise prediction_timeout(self._settings.predict_timeout)
        self._version.require(asked)
        return self._version.answer(self._question._replace(body=body, asked=asked), self._deadline).body

    def read(self, body: bytes) -> None:
        """See `Native`."""
        self._question.codec.read(body, NOTHING)

    def count(self, problem: Problem) -> None:
        """See `Native`."""
        self._metrics.problems.labels(problem.kind).inc()
