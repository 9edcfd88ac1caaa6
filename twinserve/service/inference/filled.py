"""`Filled`: answers a posted form with a page. What the page says is what `POST /predict` and `POST /explain` say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinserve.service.http.problem import Problem
from twinserve.service.http.reply import Reply
from twinserve.service.inference.question import Question
from twinserve.service.pages import outcome
from twinserve.service.pages.answers import answer_page
from twinserve.service.pages.outcome import TOP, Outcome
from twinserve.service.pages.posted import Posted, read
from twinserve.service.protocols.dialect import NOTHING, Asked
from twinserve.service.settings import Settings
from twinserve.service.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from twinserve.service.inference.version import ModelVersion

WHY: Final = Asked(query={"top": TOP}, explains=True)
SURE: Final = Asked(query={"coverage": 0.9})
SAID_ON_THE_PAGE: Final = ("invalid-input", "malformed-json")


class Filled:
    """A version that is asked with a form."""

    def __init__(self, settings: Settings, version: ModelVersion, metrics: Metrics) -> None:
        self._settings, self._version, self._metrics = settings, version, metrics

    def answer(self, question: Question, deadline: float) -> Reply:
        """The page that answers a form."""
        posted = read(question.body, self._version.form)
        return answer_page(self._settings, self._version, posted, self._outcome(posted, question, deadline))

    def _outcome(self, posted: Posted, question: Question, deadline: float) -> Outcome:
        """The prediction with all that this version can say of it, or the errors."""
        if posted.pasted is not None and posted.pasted.lstrip(" \t\r\n").startswith("["):
            return Outcome(errors=({"pointer": "", "code": "type", "detail": "Must be an object."},))
        question = question._replace(body=posted.body.encode())
        sure = SURE if self._has(SURE) else NOTHING
        if self._has(WHY):
            try:
                return self._read(question, WHY._replace(query={**WHY.query, **sure.query}), deadline)
            except Problem as problem:  # Perhaps this row has a prediction, and no explanation.
                if problem.kind not in SAID_ON_THE_PAGE:
                    raise
        try:
            return self._read(question, sure, deadline)
        except Problem as problem:
            if problem.kind not in SAID_ON_THE_PAGE:
                raise
            self._metrics.problems.labels(problem.kind).inc()  # Told on a page, which is no refusal.
            errors = problem.errors or [{"pointer": "", "code": problem.kind, "detail": problem.detail}]
            return Outcome(errors=errors, more=problem.detail)

    def _read(self, question: Question, asked: Asked, deadline: float) -> Outcome:
        return outcome.read(self._version.answer(question._replace(asked=asked), deadline).body)

    def _has(self, asked: Asked) -> bool:
        try:
            self._version.require(asked)
        except Problem:
            return False
        return True
